// Joining a network: the password is tried before it is kept.

import { ask } from "./api.js";
import { h, report } from "./dom.js";
import { num } from "./format.js";

const LOOK_MS = 2000;

/** Return the part of the settings that joins a network. */
export function wifiPart() {
  const now = h("p");
  const said = h("div", { class: "said", role: "status" });
  const names = h("datalist", { id: "networks" });
  const ssid = h("input", {
    type: "text",
    list: "networks",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
  });
  const password = h("input", { type: "password", autocomplete: "off" });
  const search = h(
    "button",
    { type: "button", class: "quiet", onclick: scan },
    "Look for networks",
  );
  const join = h("button", { type: "button", onclick: test }, "Try it, and keep it if it works");
  showNow();
  return h(
    "fieldset",
    null,
    h("legend", null, "Network"),
    now,
    search,
    names,
    h(
      "div",
      { class: "fields" },
      h("label", null, "Name of the network", ssid),
      h("label", null, "Password", password),
    ),
    join,
    said,
  );

  async function showNow() {
    try {
      const told = await ask("/api/v1/wifi");
      now.textContent =
        told.mode === "station"
          ? `Joined to ${told.station.ssid} as ${told.station.ip ?? "…"}` +
            (told.station.rssi_dbm === null ? "." : `, ${num(told.station.rssi_dbm, 0, "dBm")}.`)
          : told.access_point
            ? `The bridge's own network ${told.access_point.ssid} is on.`
            : "Not joined to a network.";
      if (!ssid.value) ssid.value = told.station?.ssid ?? "";
      return told;
    } catch (error) {
      report(said, error);
      return null;
    }
  }

  async function scan() {
    search.disabled = true;
    try {
      const found = await ask("/api/v1/wifi/networks", { patience: 30000 });
      names.replaceChildren(
        ...found.map((one) =>
          h("option", { value: one.ssid }, `${one.rssi_dbm} dBm, ${one.security}`),
        ),
      );
      said.replaceChildren(
        found.length
          ? h(
              "ul",
              null,
              found.map((one) =>
                h(
                  "li",
                  null,
                  h(
                    "button",
                    { type: "button", class: "quiet", onclick: () => (ssid.value = one.ssid) },
                    one.ssid,
                  ),
                  ` ${num(one.rssi_dbm, 0, "dBm")}, ${one.security}`,
                ),
              ),
            )
          : h("p", null, "No network is heard here."),
      );
    } catch (error) {
      report(said, error);
    } finally {
      search.disabled = false;
    }
  }

  async function test() {
    join.disabled = true;
    try {
      await ask("/api/v1/wifi", {
        method: "PUT",
        body: { ssid: ssid.value, password: password.value },
      });
      said.replaceChildren(h("p", null, "Trying to join; this takes up to half a minute…"));
      let told;
      do {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        told = await showNow();
      } while (told?.test?.state === "running");
      const { state, ip, message } = told?.test ?? {};
      said.replaceChildren(
        state === "joined"
          ? h(
              "p",
              null,
              "Joined, and kept. Put this device on that network too, then go to ",
              h("a", { href: `http://${ip}/` }, `http://${ip}/`),
            )
          : h(
              "p",
              { class: "bad" },
              message ??
                "The bridge did not say how it ended: put this device on the network you named, and try the bridge's name there.",
            ),
      );
    } catch (error) {
      report(said, error);
    } finally {
      join.disabled = false;
    }
  }
}
