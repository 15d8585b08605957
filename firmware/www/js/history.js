// The chart of the last hours: voltage, current, cells, SoC and temperature over time.

import uPlot from "uplot";
import { ask } from "./api.js";
import { h, report } from "./dom.js";
import { num } from "./format.js";
import { onChange, state } from "./live.js";

const SPANS = [
  [60, "1 hour"],
  [360, "6 hours"],
  [1440, "1 day"],
  [10080, "1 week"],
];
const POINTS = 300;
const REFRESH_MS = 30000;

// One chart each: title, unit, digits, and its series as [key, label, colour variable].
const CHARTS = [
  ["Current", "A", 1, [["current_a", "current", "--series-1"]]],
  ["Voltage", "V", 2, [["voltage_v", "voltage", "--series-2"]]],
  [
    "Cells",
    "V",
    3,
    [
      ["lowest_cell_v", "lowest cell", "--series-3"],
      ["highest_cell_v", "highest cell", "--series-1"],
    ],
  ],
  ["State of charge", "%", 0, [["soc_pct", "SoC", "--series-4"]]],
  ["Temperature", "°C", 0, [["temperature_c", "mean of the sensors", "--series-3"]]],
];

export function show(place) {
  const which = h("select", { "aria-label": "Battery", onchange: load });
  const span = h(
    "select",
    { "aria-label": "Span", onchange: load },
    SPANS.map(([minutes, label]) => h("option", { value: String(minutes) }, label)),
  );
  const said = h("div", { class: "said", role: "status" });
  const charts = h("div", { class: "charts" });
  place.append(
    h("h2", null, "History"),
    h(
      "p",
      { class: "row" },
      which,
      span,
      h("button", { type: "button", class: "quiet", onclick: load }, "Refresh"),
    ),
    said,
    h(
      "p",
      { class: "hint" },
      "Drag over a chart to zoom in, double-click or press Escape to zoom out.",
    ),
    charts,
  );
  let plots = [];
  let asked = 0;

  function nameBatteries() {
    if (which.options.length === state.batteries.length) return false;
    which.replaceChildren(
      ...state.batteries.map((one) => h("option", { value: one.id }, one.name)),
    );
    return true;
  }

  async function load() {
    if (!which.value) return;
    asked += 1;
    const mine = asked;
    const minutes = Number(span.value);
    // A week is read from the card, which takes the board most of a minute.
    try {
      const told = await ask(
        `/api/v1/batteries/${encodeURIComponent(which.value)}/history?minutes=${minutes}&points=${POINTS}`,
        { patience: 180000 },
      );
      if (mine !== asked) return;
      draw(told);
    } catch (error) {
      if (mine === asked) report(said, error);
    }
  }

  function draw(told) {
    const n = told.series.voltage_v.length;
    const start = told.from ? Date.parse(told.from) / 1000 : told.from_uptime_s;
    const xs = Array.from({ length: n }, (_, i) => start + i * told.step_s);
    const since = told.from
      ? ""
      : " Times count from the bridge's start, because its clock is not set.";
    said.replaceChildren(
      h(
        "p",
        null,
        `${n} values of ${told.step_s} s each, from the ${told.source === "ram" ? "bridge's memory" : "card"}.${since}`,
      ),
    );
    // A zoom is worth keeping while the same span is only brought up to date.
    const zoom = plots[0]?.isZoomed ? plots[0].scales.x : null;
    destroy();
    plots = CHARTS.map((chart) => plot(charts, chart, xs, told, Boolean(told.from)));
    if (zoom) zoomAll(zoom.min, zoom.max);
  }

  function destroy() {
    for (const one of plots) one.destroy();
    plots = [];
    charts.replaceChildren();
  }

  function zoomAll(min, max) {
    for (const one of plots) {
      one.isZoomed = true;
      one.setScale("x", { min, max });
    }
  }

  function unzoom(event) {
    if (event.key !== "Escape") return;
    for (const one of plots) {
      one.isZoomed = false;
      const xs = one.data[0];
      one.setScale("x", { min: xs[0], max: xs[xs.length - 1] });
    }
  }

  function resize() {
    for (const one of plots) one.setSize({ width: charts.clientWidth, height: one.height });
  }

  function follow() {
    if (nameBatteries()) load();
  }

  const stop = onChange(follow);
  const timer = setInterval(() => {
    if (!document.hidden) load();
  }, REFRESH_MS);
  addEventListener("resize", resize);
  addEventListener("keydown", unzoom);
  follow();
  return () => {
    asked += 1;
    stop();
    clearInterval(timer);
    removeEventListener("resize", resize);
    removeEventListener("keydown", unzoom);
    destroy();
  };
}

function plot(place, [title, unit, digits, series], xs, told, hasTime) {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--text"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line") },
  };
  const rows = series.map(([key]) => told.series[key] ?? xs.map(() => null));
  const place2 = h("figure", null, h("figcaption", null, title));
  place.append(place2);
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: 170,
      scales: { x: { time: hasTime } },
      cursor: { sync: { key: "history" }, drag: { x: true, y: false } },
      axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map((v) => num(v, digits)) }],
      series: [
        {},
        ...series.map(([, label, name]) => ({
          label,
          stroke: colour(name),
          width: 2,
          value: (_, v) => num(v, digits, unit),
        })),
      ],
      hooks: {
        setSelect: [
          (self) => {
            self.isZoomed = self.select.width > 0;
          },
        ],
      },
    },
    [xs, ...rows],
    place2,
  );
  // For those who cannot see it: what a chart says in a sentence.
  place2.append(h("p", { class: "unseen" }, summary(title, unit, digits, rows[0])));
  return chart;
}

function summary(title, unit, digits, values) {
  const known = values.filter((v) => v !== null);
  if (!known.length) return `${title}: nothing is known of this time.`;
  const low = num(Math.min(...known), digits, unit);
  const high = num(Math.max(...known), digits, unit);
  return `${title}: between ${low} and ${high}, ${num(known[known.length - 1], digits, unit)} at the end.`;
}
