// How the bridge itself is doing: every section of its diagnostics.

import { ask } from "./api.js";
import { answers, facts, h, report, table } from "./dom.js";
import { UNKNOWN, duration } from "./format.js";
import { link } from "./files.js";

const REFRESH_MS = 5000;
const UNITS = {
  bytes: "B",
  dbm: "dBm",
  ma: "mA",
  mv: "mV",
  ah: "Ah",
  pct: "%",
  min: "min",
  ms: "ms",
};
const UNIT = new RegExp(`_(s|${Object.keys(UNITS).join("|")})$`);

export function show(place) {
  const said = answers();
  const sections = h("div");
  place.append(
    h("h2", null, "Diagnostics"),
    h(
      "p",
      { class: "hint" },
      "For people and bug reports: ",
      link("/api/v1/diagnostics", "baybridge-diagnostics.json", "save them as a file", said),
      ".",
    ),
    said,
    sections,
  );
  const open = new Set(["config_problems", "tasks"]);
  const timer = setInterval(() => document.hidden || load(), REFRESH_MS);
  load();
  return () => clearInterval(timer);

  async function load() {
    try {
      const told = await ask("/api/v1/diagnostics");
      // Drawn anew, what somebody is reading or has selected would be lost.
      const focus = document.activeElement?.closest("details")?.dataset.name;
      if (!getSelection().isCollapsed) return;
      const isNested = ([, value]) => typeof value === "object" && value !== null;
      const rows = Object.entries(told);
      sections.replaceChildren(
        list(rows.filter((row) => !isNested(row))),
        ...rows.filter(isNested).map((row) => section(row)),
      );
      if (focus) sections.querySelector(`[data-name="${focus}"] > summary`)?.focus();
      said.replaceChildren();
    } catch (error) {
      report(said, error);
    }
  }

  function section([name, value]) {
    const title = h("summary", null, words(name));
    const element = h("details", { "data-name": name, open: open.has(name) }, title, tree(value));
    element.addEventListener("toggle", () => (element.open ? open.add(name) : open.delete(name)));
    return element;
  }
}

function tree(value) {
  if (!Array.isArray(value)) return list(Object.entries(value));
  if (!value.length) return h("p", null, "none");
  if (!value.every((one) => typeof one === "object" && one !== null)) {
    return h(
      "ul",
      null,
      value.map((one) => h("li", null, String(one))),
    );
  }
  const keys = Object.keys(value[0]);
  const cell = (one, key) => shown(key, one[key]);
  return table(
    keys.map(words),
    value.map((one) => keys.map((key) => cell(one, key))),
  );
}

function list(rows) {
  return facts(rows.map(([name, value]) => [words(name), shown(name, value)]));
}

const words = (name) => name.replace(UNIT, "").replaceAll("_", " ");

function shown(name, value) {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value === "object") return tree(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  const unit = UNIT.exec(name)?.[1];
  if (typeof value !== "number" || !unit) return String(value);
  return unit === "s" ? duration(value) : `${value.toLocaleString()} ${UNITS[unit]}`;
}
