// What the owner may set. The page changes a copy of the whole configuration; the bridge takes all
// of it or nothing, and says of each problem where it is. What acts at once stands apart from it.

import { batteryParts, findPart } from "./adopt.js";
import { ask } from "./api.js";
import { calibrationPart } from "./calibration.js";
import { answers, button, h, report } from "./dom.js";
import { field, markProblems } from "./fields.js";
import { accessPart, backupPart, clockPart, restart } from "./keep.js";
import { configProblems, loadProblems } from "./notices.js";
import { wifiPart } from "./wifi.js";

const UNSAVED = "Changes are not saved. Leave all the same?";

export function show(place) {
  const said = answers();
  const problems = h("div");
  const open = new Set(["batteries"]);
  const form = h("form", {
    class: "settings",
    onsubmit: save,
    oninput: showUnsaved,
    onchange: showUnsaved,
  });
  const unsaved = h("span", { class: "hint" });
  const bar = h(
    "div",
    { class: "bar-below", hidden: true },
    said,
    h(
      "p",
      { class: "buttons" },
      unsaved,
      button("Discard changes", load),
      h("button", { type: "submit", form: "settings" }, "Save"),
    ),
  );
  form.id = "settings";
  const tools = h("div");
  place.append(
    h("h2", null, "Settings"),
    h(
      "p",
      { class: "hint" },
      "To change anything takes the bridge's token; the page asks for it.",
    ),
    problems,
    tools,
    form,
    bar,
  );
  let config = null;
  let stored = "";
  loadProblems().then(showProblems);
  addEventListener("beforeunload", warn);
  draw();
  load();
  return (isAsked) => {
    if (isAsked && isChanged() && !confirm(UNSAVED)) return false;
    removeEventListener("beforeunload", warn);
    return true;
  };

  function isChanged() {
    return config !== null && JSON.stringify(config) !== stored;
  }

  function warn(event) {
    if (isChanged()) event.preventDefault();
  }

  function showUnsaved() {
    unsaved.textContent = isChanged() ? "Changed, not saved yet." : "";
  }

  function showProblems() {
    const found = configProblems();
    if (!found.length) return;
    problems.replaceChildren(
      h(
        "div",
        { class: "warning" },
        h("p", null, "The stored configuration has problems:"),
        h(
          "ul",
          null,
          found.map((one) => h("li", null, one)),
        ),
      ),
    );
  }

  async function load() {
    try {
      take(await ask("/api/v1/config"));
      said.replaceChildren();
    } catch (error) {
      report(said, error);
      bar.hidden = false;
      bar.lastChild.hidden = config === null;
    }
  }

  function take(given) {
    config = given;
    bar.hidden = false;
    bar.lastChild.hidden = false;
    draw();
    // Drawn, what the bridge left out is in it, too.
    stored = JSON.stringify(config);
    showUnsaved();
  }

  // What asks the bridge by itself is made only when it is opened.
  function part(name, title, make) {
    const isOpen = open.has(name);
    const element = h("details", { class: "box", open: isOpen }, h("summary", null, title));
    let isMade = isOpen;
    if (isOpen) element.append(...[make()].flat(9).filter(Boolean));
    element.addEventListener("toggle", () => {
      if (element.open) open.add(name);
      else open.delete(name);
      if (element.open && !isMade) element.append(...[make()].flat(9).filter(Boolean));
      isMade ||= element.open;
    });
    return element;
  }

  // A problem may be in any of its fields, so these are there from the beginning.
  function formPart(name, title, children) {
    const element = part(name, title, () => []);
    element.append(...[children].flat(9).filter(Boolean));
    return element;
  }

  function draw() {
    tools.replaceChildren(
      config ? part("find", "Find batteries nearby", () => findPart(config, adopted)) : "",
      part("wifi", "Wi-Fi", wifiPart),
      part("clock", "Clock", clockPart),
      config ? part("calibration", "Calibrate the harness", () => calibrationPart(config)) : "",
      config ? part("backup", "Backup and restore", () => backupPart(config, restored)) : "",
      part("restart", "Restart", restartPart),
    );
    if (config) {
      form.replaceChildren(
        h("h3", null, "What is stored"),
        h("p", { class: "hint" }, "Nothing of this is changed before you save."),
        formPart("batteries", "Batteries and harness", batteryParts(config, draw)),
        formPart("alarms", "Alarm limits", alarmPart(config.alarms)),
        formPart("log", "Log on the card", logPart(config.log)),
        formPart("power", "Sleep when the batteries are low", powerPart(config.power)),
        formPart("access", "Name, tokens and port", accessPart(config)),
      );
    }
    showUnsaved();
  }

  function adopted(battery) {
    open.add("batteries");
    draw();
    const name = form.querySelector(
      `[data-place="batteries[${config.batteries.indexOf(battery)}].name"]`,
    );
    name?.focus();
    said.replaceChildren(h("p", null, "Give it a name, then save."));
  }

  function restored(given) {
    config = given;
    draw();
    said.replaceChildren(h("p", null, "The file is in the form now: look it over, then save."));
  }

  async function save(event) {
    event.preventDefault();
    try {
      const told = await ask("/api/v1/config", { method: "PUT", body: config });
      stored = JSON.stringify(config);
      showUnsaved();
      markProblems(form, []);
      showStored(told.restart_needed ?? []);
    } catch (error) {
      report(said, error);
      markProblems(form, error.problems);
    }
  }

  function showStored(waits) {
    said.replaceChildren(
      h(
        "p",
        null,
        waits.length ? "Stored. These wait for a restart of the bridge:" : "Stored, and in force.",
      ),
      waits.length
        ? h(
            "ul",
            null,
            waits.map((one) => h("li", null, h("code", null, one))),
          )
        : "",
      waits.length ? button("Restart now", () => restart(said), null) : "",
    );
  }
}

function restartPart() {
  const said = answers();
  return [
    h("p", { class: "hint" }, "Takes some seconds. The log is written to the card before."),
    button("Restart the bridge", () => restart(said)),
    said,
  ];
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
  const number = { place: "alarms", type: "number", empty: null };
  return [
    h(
      "p",
      { class: "hint" },
      "Empty means: the battery's own limit, or where it told none, the usual one for LiFePO4.",
    ),
    h(
      "div",
      { class: "fields" },
      LIMITS.map(([key, label, unit]) => field(alarms, key, label, { ...number, unit })),
    ),
  ];
}

function powerPart(power) {
  const number = { place: "power", type: "number", empty: null };
  return [
    h(
      "p",
      { class: "hint" },
      "Awake, the bridge takes about 25 Ah a month. Asleep it has no page and no alarms; it wakes " +
        "to read and log. Both limits empty: it never sleeps.",
    ),
    h(
      "div",
      { class: "fields" },
      field(power, "sleep_below_soc_pct", "Below a charge of", { ...number, unit: "%" }),
      field(power, "sleep_below_cell_mv", "Below a mean cell of", { ...number, unit: "mV" }),
      field(power, "wake_min", "Wake every", { ...number, unit: "min" }),
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
      field(log, "fast_s", "When values move", { ...number, unit: "s", hint: "0: no more often" }),
      field(log, "rest_s", "At rest", { ...number, unit: "s", hint: "0: as often" }),
      field(log, "flush_s", "Written to the card every", { ...number, unit: "s" }),
      field(log, "min_free_mb", "Space that stays free", { ...number, unit: "MB" }),
    ),
    field(log, "delete_oldest", "Delete the oldest days when the card is full", {
      place: "log",
      type: "switch",
    }),
  ];
}
