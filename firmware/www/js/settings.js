// What the owner may set. The page changes a copy of the whole configuration; the bridge takes all
// of it or nothing, and says of each problem where it is. What acts at once stands apart from it.

import { batteryParts, findPart } from "./adopt.js";
import { ask } from "./api.js";
import { calibrationPart } from "./calibration.js";
import { answers, button, h, report } from "./dom.js";
import { fieldOf, markProblems, nameOf } from "./fields.js";
import { accessPart, backupPart, clockPart, restart } from "./keep.js";
import { configProblems, loadProblems } from "./notices.js";
import { alarmPart, boardPart, logPart, powerPart } from "./parts.js";
import { changed, follow, whole } from "./stored.js";
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
  const calibration = h("div");
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
  drawTools();
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
    config = whole(given);
    stored = JSON.stringify(config);
    bar.hidden = false;
    bar.lastChild.hidden = false;
    drawTools();
    draw();
  }

  // What is stored has been changed past this form, by a calibration or the test of a network.
  async function reload() {
    if (!config) return;
    const fresh = whole(await ask("/api/v1/config"));
    follow(config, JSON.parse(stored), fresh);
    stored = JSON.stringify(fresh);
    draw();
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

  function drawCalibration() {
    if (!config) return;
    const make = () => calibrationPart(config, reload);
    calibration.replaceChildren(part("calibration", "Calibrate the harness", make));
  }

  function drawTools() {
    drawCalibration();
    tools.replaceChildren(
      config ? part("find", "Find batteries nearby", () => findPart(config, adopted)) : "",
      part("wifi", "Wi-Fi", () => wifiPart(reload)),
      part("clock", "Clock", clockPart),
      calibration,
      config ? part("backup", "Backup and restore", () => backupPart(config, restored)) : "",
      part("restart", "Restart", restartPart),
    );
  }

  function draw() {
    const place = form.contains(document.activeElement) && document.activeElement.dataset.place;
    form.replaceChildren(
      h("h3", null, "What is stored"),
      h("p", { class: "hint" }, "Nothing of this is changed before you save."),
      formPart("batteries", "Batteries and harness", batteryParts(config, draw)),
      formPart("alarms", "Alarm limits", alarmPart(config.alarms)),
      formPart("log", "Log on the card", logPart(config.log)),
      formPart("power", "Sleep when the batteries are low", powerPart(config.power)),
      formPart("access", "Name, tokens and port", accessPart(config)),
      formPart("board", "Pins, LED and radio", boardPart(config)),
    );
    if (place) fieldOf(form, place)?.focus();
    showUnsaved();
  }

  function adopted(battery) {
    open.add("batteries");
    draw();
    fieldOf(form, `batteries[${config.batteries.indexOf(battery)}].name`)?.focus();
    said.replaceChildren(h("p", null, "Give it a name, then save."));
  }

  function restored(given) {
    const before = structuredClone(config);
    try {
      Object.assign(config, whole(given));
      draw();
    } catch (error) {
      // Not what it looked like.
      Object.assign(config, before);
      draw();
      throw error;
    }
    said.replaceChildren(h("p", null, "The file is in the form now: look it over, then save."));
  }

  async function save(event) {
    event.preventDefault();
    // What is typed while the bridge stores this is not stored.
    const sent = JSON.stringify(config);
    try {
      const body = changed(config, JSON.parse(stored));
      const told = await ask("/api/v1/config", { method: "PUT", body });
      stored = sent;
      markProblems(form, []);
      showStored(told);
      // As the bridge has it now; a calibration it kept, a token it hides.
      await reload().catch(showUnsaved);
      if (body.batteries) drawCalibration();
    } catch (error) {
      report(said, error);
      markProblems(form, error.problems ?? []);
    }
  }

  function showStored({ restart_needed: waits = [], warnings = [] }) {
    const list = (rows) => h("ul", null, rows);
    said.replaceChildren(
      h(
        "p",
        null,
        waits.length ? "Stored. These wait for a restart of the bridge:" : "Stored, and in force.",
      ),
      waits.length ? list(waits.map((one) => h("li", null, nameOf(form, one)))) : "",
      waits.length ? button("Restart now", () => restart(said), null) : "",
      warnings.length
        ? h(
            "div",
            { class: "warning" },
            h("p", null, "Stored all the same, but look at this:"),
            list(
              warnings.map(({ place, message }) =>
                h("li", null, place ? `${nameOf(form, place)}: ${message}` : message),
              ),
            ),
          )
        : "",
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
