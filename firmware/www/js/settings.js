// What the owner may set. The page changes a copy of the whole configuration; the bridge takes all
// of it or nothing, and says of each problem where it is.

import { batteryParts, findPart } from "./adopt.js";
import { ask } from "./api.js";
import { calibrationPart } from "./calibration.js";
import { byId, h, report } from "./dom.js";
import { field, markProblems } from "./fields.js";
import { accessPart, backupPart, clockPart, restart } from "./keep.js";
import { wifiPart } from "./wifi.js";

export function show(place) {
  const said = h("div", { class: "said", role: "status" });
  const form = h("form", { class: "settings", onsubmit: save });
  place.append(
    h("h2", null, "Settings"),
    h(
      "p",
      { class: "hint" },
      "Nothing is changed before you save; a change needs the bridge's token.",
    ),
    form,
    h("div", { class: "stick" }, said),
  );
  let config = null;
  const open = new Set(["batteries"]);
  load();
  return () => {};

  async function load() {
    try {
      config = await ask("/api/v1/config");
      draw();
    } catch (error) {
      report(said, error);
    }
  }

  function part(name, title, ...children) {
    const element = h(
      "details",
      { class: "box", open: open.has(name) },
      h("summary", null, title),
      children,
    );
    element.addEventListener("toggle", () => (element.open ? open.add(name) : open.delete(name)));
    return element;
  }

  function draw() {
    const again = () => draw();
    form.replaceChildren(
      part("find", "Find batteries nearby", findPart(config, again)),
      part("batteries", "Batteries and harness", batteryParts(config, again)),
      part("calibration", "Calibrate the harness", calibrationPart(config)),
      part("alarms", "Alarm limits", alarmPart(config.alarms)),
      part("log", "Log on the card", logPart(config.log)),
      part(
        "wifi",
        "Wi-Fi",
        field(config, "name", "Name of the bridge", {
          hint: "Also its address: http://<name>.local/",
        }),
        wifiPart(),
      ),
      part("access", "Who may read, who may change", accessPart(config.http)),
      part("clock", "Clock", clockPart()),
      part("backup", "Backup and restore", backupPart(config, restored)),
      h(
        "p",
        { class: "buttons" },
        h("button", { type: "button", class: "quiet", onclick: load }, "Discard changes"),
        h("button", { type: "submit" }, "Save"),
      ),
    );
  }

  function restored(given) {
    config = given;
    draw();
    said.replaceChildren(h("p", null, "The file is in the form now; look it over, then save."));
  }

  async function save(event) {
    event.preventDefault();
    try {
      const told = await ask("/api/v1/config", { method: "PUT", body: config });
      const waits = told.restart_needed;
      said.replaceChildren(
        h(
          "p",
          null,
          waits.length ? "Stored. These need a restart of the bridge:" : "Stored, and in force.",
        ),
        waits.length
          ? h(
              "ul",
              null,
              waits.map((one) => h("li", null, h("code", null, one))),
            )
          : "",
        waits.length
          ? h("button", { type: "button", onclick: () => restart(said) }, "Restart now")
          : "",
      );
      markProblems(form, []);
    } catch (error) {
      report(said, error);
      markProblems(form, error.problems ?? []);
    }
    byId("main").scrollIntoView({ block: "end" });
  }
}

const LIMITS = [
  ["cell_ov_mv", "Cell too high", "mV"],
  ["cell_uv_mv", "Cell too low", "mV"],
  ["battery_ov_per_cell_mv", "Battery too high, per cell", "mV"],
  ["battery_uv_per_cell_mv", "Battery too low, per cell", "mV"],
  ["spread_rest_mv", "Spread at rest", "mV"],
  ["spread_load_mv", "Spread under load", "mV"],
  ["spread_full_mv", "Spread near full", "mV"],
  ["charge_cold_c", "Too cold to charge", "°C"],
  ["charge_hot_c", "Too hot to charge", "°C"],
  ["discharge_cold_c", "Too cold to discharge", "°C"],
  ["discharge_hot_c", "Too hot to discharge", "°C"],
  ["soc_low_pct", "State of charge low", "%"],
];

function alarmPart(alarms) {
  return [
    h(
      "p",
      { class: "hint" },
      "Empty means: the battery's own limit, or where it told none, the usual one for LiFePO4.",
    ),
    h(
      "div",
      { class: "fields" },
      LIMITS.map(([key, label, unit]) =>
        field(alarms, key, label, { place: "alarms", type: "number", unit, empty: null }),
      ),
    ),
  ];
}

function logPart(log) {
  const number = { place: "log", type: "number" };
  return [
    field(log, "enabled", "Log to the card", { place: "log", type: "switch" }),
    h(
      "div",
      { class: "fields" },
      field(log, "record_s", "A record every", { ...number, unit: "s" }),
      field(log, "fast_s", "When values move", {
        ...number,
        unit: "s",
        hint: "0: no more often than else",
      }),
      field(log, "rest_s", "At rest", { ...number, unit: "s", hint: "0: as often as else" }),
      field(log, "flush_s", "Written to the card every", { ...number, unit: "s" }),
      field(log, "min_free_mb", "Space that stays free", { ...number, unit: "MB" }),
    ),
    field(log, "delete_oldest", "Delete the oldest days when the card is full", {
      place: "log",
      type: "switch",
    }),
  ];
}
