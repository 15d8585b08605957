// The charts of the last hours: current, voltage, cells, SoC and temperature over time.

import { ask } from "./api.js";
import { Plots } from "./charts.js";
import { answers, button, h, report } from "./dom.js";
import { duration } from "./format.js";
import { onChange, state } from "./live.js";

const SPANS = [
  [60, "1 hour"],
  [360, "6 hours"],
  [1440, "1 day"],
  [10080, "1 week"],
];
const POINTS = 300;
// The card is read for minutes, so what is from there is not asked for again by itself.
const REFRESH_MS = 30000;
const PATIENCE_MS = 600000;

export function show(place) {
  const which = h("select", { onchange: load });
  const span = h(
    "select",
    { onchange: load },
    SPANS.map(([minutes, label]) => h("option", { value: String(minutes) }, label)),
  );
  const said = answers();
  const plots = new Plots();
  place.append(
    h("h2", null, "History"),
    h(
      "p",
      { class: "row" },
      h("label", null, "Battery", which),
      h("label", null, "Span", span),
      button("Refresh", load),
    ),
    h(
      "p",
      { class: "row", role: "group", "aria-label": "Zoom of all charts" },
      sign("+", "Zoom in", () => plots.zoom(0.5)),
      sign("−", "Zoom out", () => plots.zoom(2)),
      sign("◀", "Earlier", () => plots.move(-0.5)),
      sign("▶", "Later", () => plots.move(0.5)),
      button("All", () => plots.showAll()),
    ),
    said,
    plots.element,
    h(
      "p",
      { class: "hint" },
      "With a mouse, drag over a chart to zoom in, double-click to zoom out. With fingers, pinch " +
        "and push. Escape shows all of it.",
    ),
  );
  let asked = 0;
  let source = null;

  function nameBatteries() {
    const names = state.batteries.map((one) => one.name).join();
    if (which.dataset.names === names) return false;
    which.dataset.names = names;
    const before = which.value;
    which.replaceChildren(
      ...state.batteries.map((one) => h("option", { value: one.id }, one.name || one.id)),
    );
    if (before) which.value = before;
    return !before;
  }

  async function load() {
    if (!which.value) return;
    asked += 1;
    const mine = asked;
    const id = encodeURIComponent(which.value);
    const minutes = Number(span.value);
    if (minutes > 60) say("Asking the bridge; what is from its card takes a while…");
    try {
      const told = await ask(
        `/api/v1/batteries/${id}/history?minutes=${minutes}&points=${POINTS}`,
        { patience: PATIENCE_MS },
      );
      if (mine !== asked) return;
      source = told.source;
      say(aboutText(told, minutes));
      plots.draw(told, `${id} ${minutes}`);
    } catch (error) {
      if (mine === asked) report(said, error);
    }
  }

  function say(text) {
    // Again and again the same sentence would be read aloud again and again.
    if (said.textContent !== text) said.replaceChildren(h("p", null, text));
  }

  function follow() {
    if (nameBatteries()) load();
  }

  const stop = onChange(follow);
  const timer = setInterval(() => document.hidden || source !== "ram" || load(), REFRESH_MS);
  follow();
  return () => {
    asked += 1;
    stop();
    clearInterval(timer);
    plots.destroy();
  };
}

function aboutText(told, minutes) {
  const parts = [
    `A value each ${duration(told.step_s)}, from the ${told.source === "ram" ? "bridge's memory" : "card"}.`,
  ];
  const has = told.to_uptime_s - told.from_uptime_s;
  if (has < minutes * 60 * 0.9) parts.push(`There are only ${duration(has)} of it.`);
  if (!told.from) parts.push("The bridge's clock is not set: times count from its start.");
  return parts.join(" ");
}

function sign(text, name, act) {
  const element = button(text, act);
  element.setAttribute("aria-label", name);
  element.title = name;
  return element;
}
