// How the bridge itself is doing: every section of its diagnostics, and the way to restart it.

import { ask } from "./api.js";
import { h, report } from "./dom.js";

const REFRESH_MS = 5000;

export function show(place) {
  const said = h("div", { class: "said", role: "status" });
  const sections = h("div");
  place.append(h("h2", null, "Diagnostics"), said, sections);
  const timer = setInterval(() => document.hidden || load(), REFRESH_MS);
  load();
  return () => clearInterval(timer);

  async function load() {
    try {
      const told = await ask("/api/v1/diagnostics");
      const open = new Set(
        [...sections.querySelectorAll("details[open]")].map((one) => one.dataset.name),
      );
      const isFirst = !sections.childElementCount;
      sections.replaceChildren(plain(told), ...nested(told, isFirst ? new Set(["tasks"]) : open));
      said.replaceChildren();
    } catch (error) {
      report(said, error);
    }
  }
}

function plain(told) {
  const rows = Object.entries(told).filter(
    ([, value]) => typeof value !== "object" || value === null,
  );
  return list(rows);
}

function nested(told, open) {
  return Object.entries(told)
    .filter(([, value]) => typeof value === "object" && value !== null)
    .map(([name, value]) =>
      h(
        "details",
        { "data-name": name, open: open.has(name) },
        h("summary", null, words(name)),
        tree(value),
      ),
    );
}

function tree(value) {
  if (Array.isArray(value)) {
    if (!value.length) return h("p", null, "none");
    return value.every((one) => typeof one === "object" && one !== null)
      ? table(value)
      : h(
          "ul",
          null,
          value.map((one) => h("li", null, String(one))),
        );
  }
  return list(Object.entries(value));
}

function list(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.flatMap(([name, value]) => [
      h("dt", null, words(name)),
      h("dd", null, typeof value === "object" && value !== null ? tree(value) : shown(value)),
    ]),
  );
}

function table(rows) {
  const keys = Object.keys(rows[0]);
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          keys.map((key) => h("th", { scope: "col" }, words(key))),
        ),
      ),
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            null,
            keys.map((key) =>
              h(
                "td",
                null,
                typeof row[key] === "object" && row[key] ? tree(row[key]) : shown(row[key]),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

const words = (name) => name.replaceAll("_", " ");

function shown(value) {
  if (value === null || value === undefined) return "—";
  return value === true ? "yes" : value === false ? "no" : String(value);
}
