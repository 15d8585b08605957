// Joining a network: the password is tried before it is kept.

import { ask } from "./api.js";
import { answers, button, h, report } from "./dom.js";
import { num } from "./format.js";

const LOOK_MS = 2000;
// A bridge that tries a network changes its channel: a device on its own one may lose it meanwhile.
const TEST_MS = 90000;
const UNHEARD =
  "The bridge is not heard any more, so it has perhaps joined. Put this device on the network you " +
  "named, and try the bridge's name there; if that fails, come back to the bridge's own network.";

/** Return the part of the settings that joins a network; kept() is told of one that is stored. */
export function wifiPart(kept) {
  const now = h("p");
  const said = answers();
  const found = answers();
  const text = { type: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off" };
  const ssid = h("input", text);
  const password = h("input", { type: "password", autocomplete: "off" });
  const form = h(
    "form",
    { onsubmit: test },
    h(
      "div",
      { class: "fields" },
      h("label", null, "Name of the network", ssid),
      h("label", null, "Password", password),
    ),
    h("button", { type: "submit" }, "Try it, and keep it if it works"),
  );
  showNow().catch((error) => report(said, error));
  return [now, button("Look for networks", scan), found, form, said];

  async function showNow() {
    const told = await ask("/api/v1/wifi");
    now.textContent = nowText(told);
    if (!ssid.value) ssid.value = told.station?.ssid ?? "";
    return told;
  }

  async function scan() {
    try {
      const networks = await ask("/api/v1/wifi/networks", { patience: 30000 });
      networks.sort((a, b) => b.rssi_dbm - a.rssi_dbm);
      found.replaceChildren(
        networks.length
          ? h("ul", null, networks.map(row))
          : h("p", null, "No network is heard here."),
      );
    } catch (error) {
      report(found, error);
    }
  }

  function row(one) {
    return h(
      "li",
      null,
      button(one.ssid, () => choose(one)),
      ` ${num(one.rssi_dbm, 0, "dBm")}, ${one.security}`,
    );
  }

  function choose(one) {
    ssid.value = one.ssid;
    // After the button has taken the focus back.
    setTimeout(() => password.focus());
  }

  async function test(event) {
    event.preventDefault();
    try {
      const body = { ssid: ssid.value, password: password.value };
      await ask("/api/v1/wifi", { method: "PUT", body });
      said.replaceChildren(h("p", null, "Trying to join; this takes up to half a minute…"));
      const test = await outcome();
      said.replaceChildren(...ended(test));
      // The bridge may have another address by now.
      if (test?.state === "joined") await kept().catch(() => {});
    } catch (error) {
      report(said, error);
    }
  }

  async function outcome() {
    const end = Date.now() + TEST_MS;
    while (Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      // Not heard for a moment is what has to be expected here.
      const told = await showNow().catch(() => null);
      if (told && told.test?.state !== "running") return told.test;
    }
    return null;
  }
}

function nowText({ mode, station, access_point: own }) {
  if (mode === "station") {
    const signal = station.rssi_dbm === null ? "" : `, ${num(station.rssi_dbm, 0, "dBm")}`;
    return `Joined to ${station.ssid || "a network"} as ${station.ip ?? "…"}${signal}.`;
  }
  return own ? `The bridge's own network ${own.ssid} is on.` : "Not joined to a network.";
}

function ended(test) {
  if (test?.state === "joined") {
    // Another address, but the port stays.
    const address = new URL("/", location.href);
    address.hostname = test.ip;
    const link = h("a", { href: address.href }, address.href);
    return [
      h("p", null, "Joined, and kept. Put this device on that network too, then go to ", link),
    ];
  }
  return [h("p", { class: "bad" }, test?.message ?? UNHEARD)];
}
