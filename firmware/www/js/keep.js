// Access, clock, backup, restore, restart.

import { ask, fetchBlob, forgetToken } from "./api.js";
import { h, report } from "./dom.js";
import { field } from "./fields.js";
import { save } from "./files.js";
import { localTime } from "./format.js";
import { state } from "./live.js";

export function accessPart(http) {
  const secret = {
    place: "http",
    type: "password",
    empty: null,
    hint: "8 characters or more; *** is the one in force",
  };
  return [
    h(
      "p",
      { class: "hint" },
      "Without a read token, everybody on this network may read. A change always needs the token.",
    ),
    h(
      "div",
      { class: "fields" },
      field(http, "token", "Token for changes", {
        ...secret,
        hint: `${secret.hint}; empty: the one made at the first start`,
      }),
      field(http, "read_token", "Token for reading", {
        ...secret,
        hint: `${secret.hint}; empty: none`,
      }),
      field(http, "port", "Port", { place: "http", type: "number" }),
    ),
    h(
      "button",
      { type: "button", class: "quiet", onclick: forgetToken },
      "Forget the token in this browser",
    ),
  ];
}

export function clockPart() {
  const said = h("div", { class: "said", role: "status" });
  return [
    h("p", null, `The bridge's time: ${state.time ? localTime(state.time) : "not set"}.`),
    h("button", { type: "button", class: "quiet", onclick: set }, "Set it from this device"),
    said,
  ];

  async function set() {
    try {
      const told = await ask("/api/v1/time", {
        method: "POST",
        body: { time: `${new Date().toISOString().slice(0, 19)}Z` },
      });
      said.replaceChildren(h("p", null, `Set to ${localTime(told.time)}.`));
    } catch (error) {
      report(said, error);
    }
  }
}

export function backupPart(config, restored) {
  const said = h("div", { class: "said", role: "status" });
  const secrets = h("input", { type: "checkbox" });
  const file = h("input", { type: "file", accept: ".json,application/json", onchange: read });
  return [
    h("label", { class: "check" }, secrets, " With passwords and tokens (needs the token)"),
    h(
      "button",
      { type: "button", class: "quiet", onclick: take },
      "Save the configuration as a file",
    ),
    h("label", null, "Restore from a file", file),
    said,
  ];

  async function take() {
    try {
      if (secrets.checked) await ask("/api/v1/config?secrets=true");
      const blob = await fetchBlob(`/api/v1/config${secrets.checked ? "?secrets=true" : ""}`);
      save(blob, `${config.name}-config.json`);
    } catch (error) {
      report(said, error);
    }
  }

  async function read() {
    try {
      const given = JSON.parse(await file.files[0].text());
      if (!Array.isArray(given.batteries)) throw new SyntaxError();
      // What the file leaves out stays as it is.
      restored({ ...config, ...given });
    } catch {
      report(said, new Error("This file is not a configuration of a Bay Bridge."));
    }
  }
}

/** Restart the bridge and say when it is back. */
export async function restart(said) {
  const boot = state.bridge?.boot;
  try {
    await ask("/api/v1/restart", { method: "POST", body: {} });
  } catch (error) {
    report(said, error);
    return;
  }
  said.replaceChildren(h("p", null, "The bridge restarts…"));
  for (let i = 0; i < 60; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    try {
      const told = await ask("/api/v1/batteries", { patience: 3000 });
      if (told.bridge.boot !== boot) {
        said.replaceChildren(h("p", null, "The bridge is back, with the new settings."));
        return;
      }
    } catch {
      // Still starting.
    }
  }
  said.replaceChildren(
    h("p", { class: "bad" }, "The bridge has not come back. Is its address another one now?"),
  );
}
