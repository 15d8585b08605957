// Access, clock, backup, restore, restart.

import { ask, fetchBlob, forgetToken } from "./api.js";
import { answers, button, h, report, tell } from "./dom.js";
import { field } from "./fields.js";
import { save } from "./files.js";
import { localTime } from "./format.js";
import { refresh, state } from "./live.js";

const BACK_TRIES = 60;
const BACK_MS = 2000;

export function accessPart(config) {
  const { http } = config;
  const secret = { place: "http", type: "password", empty: null };
  const said = answers();
  return [
    h(
      "p",
      { class: "hint" },
      "Without a read token, everybody on this network may read. A change always needs the token.",
    ),
    h(
      "div",
      { class: "fields" },
      field(config, "name", "Name of the bridge", {
        hint: "Also its address: http://<name>.local/",
      }),
      field(http, "port", "Port", { place: "http", type: "number" }),
      field(http, "token", "Token for changes", {
        ...secret,
        hint: "8 characters or more; empty: the one made at the first start",
      }),
      field(http, "read_token", "Token for reading", {
        ...secret,
        hint: "8 characters or more; empty: none",
      }),
    ),
    button("Forget the token in this browser", () => {
      forgetToken();
      said.replaceChildren(h("p", null, "Forgotten."));
    }),
    said,
  ];
}

/** Give the bridge this device's time; return a sentence. */
export async function setClock() {
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  const told = await ask("/api/v1/time", { method: "POST", body: { time } });
  refresh().catch(() => {});
  return `Set to ${localTime(told.time)}.`;
}

export function clockPart() {
  const said = answers();
  return [
    h(
      "p",
      null,
      state.time
        ? `The bridge has ${localTime(state.time)}.`
        : "The bridge does not know the time.",
    ),
    button("Set it from this device", () => tell(said, setClock)),
    said,
  ];
}

export function backupPart(config, restored) {
  const said = answers();
  const secrets = h("input", { type: "checkbox" });
  const file = h("input", { type: "file", accept: ".json,application/json", onchange: read });
  return [
    h("label", { class: "check" }, secrets, " With passwords and tokens (needs the token)"),
    button("Save the configuration as a file", () => tell(said, take)),
    h("label", null, "Restore from a file", file),
    h(
      "p",
      { class: "hint" },
      "A file fills in the form; nothing is changed before you save that.",
    ),
    said,
  ];

  async function take() {
    const path = `/api/v1/config${secrets.checked ? "?secrets=true" : ""}`;
    // Once more than needed, because this is what asks for the token.
    if (secrets.checked) await ask(path);
    save(await fetchBlob(path), `${config.name}-config.json`);
    return secrets.checked
      ? "Saved, with its secrets: keep that file to yourself."
      : "Saved, without secrets.";
  }

  async function read() {
    try {
      const given = JSON.parse(await file.files[0].text());
      if (!Array.isArray(given.batteries)) throw new SyntaxError();
      // What the file leaves out stays as it is.
      restored(given);
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
  for (let i = 0; i < BACK_TRIES; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, BACK_MS));
    try {
      const told = await ask("/api/v1/batteries", { patience: 3000, asksToken: false });
      if (told.bridge.boot === boot) continue;
      said.replaceChildren(h("p", null, "The bridge is back, with what is stored."));
      return;
    } catch (error) {
      // Still starting; but one that asks for a token has started.
      if (error.status !== 401) continue;
      said.replaceChildren(h("p", null, "The bridge is back, and asks for a token."));
      return;
    }
  }
  report(said, new Error("The bridge has not come back here. Does it have another address now?"));
}
