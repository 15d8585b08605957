// uPlot's charts one below the other over the same time, with a zoom they share.

import uPlot from "uplot";
import { h } from "./dom.js";
import { duration, num } from "./format.js";
import { followFingers } from "./touch.js";

const HEIGHT = 180;
// No narrower than this many steps: between two values there is nothing to see.
const LEAST_STEPS = 5;

// One chart each: title, unit, digits, its series as [name in the answer, label, colour], and
// whether the extremes of each step are shown.
const CHARTS = [
  ["Current", "A", 1, [["current", "a", "current", "--series-1"]], true],
  ["Voltage", "V", 2, [["voltage", "v", "voltage", "--series-2"]], true],
  [
    "Cells",
    "V",
    3,
    [
      ["lowest_cell", "v", "lowest", "--series-3"],
      ["highest_cell", "v", "highest", "--series-1"],
    ],
  ],
  ["State of charge", "%", 0, [["soc", "pct", "SoC", "--series-4"]]],
  ["Temperature", "°C", 0, [["temperature", "c", "mean of the sensors", "--series-3"]]],
];

export class Plots {
  constructor() {
    this.element = h("div", { class: "charts" });
    this.plots = [];
    this.key = null;
    this.told = null;
    // [from, to] in seconds while zoomed.
    this.window = null;
    this.whole = [0, 1];
    this.listen = { resize: () => this.resize(), theme: () => this.remake() };
    this.listen.keydown = (event) => event.key === "Escape" && this.showAll();
    for (const [name, act] of Object.entries(this.listen)) addEventListener(name, act);
  }

  destroy() {
    for (const [name, act] of Object.entries(this.listen)) removeEventListener(name, act);
    this.clear();
  }

  clear() {
    for (const one of this.plots) one.destroy();
    this.plots = [];
    this.element.replaceChildren();
  }

  /** Show an answer; the zoom stays while it is the same question. */
  draw(told, key) {
    const { step_s: step } = told;
    const start = told.from ? Date.parse(told.from) / 1000 : told.from_uptime_s;
    const n = told.series.voltage_v.length;
    this.told = told;
    this.xs = Array.from({ length: n }, (_, i) => start + i * step);
    this.whole = [start, start + Math.max(n - 1, 1) * step];
    if (key !== this.key) this.window = null;
    // With a clock or without is another axis, with extremes or without another set of lines.
    const shape = `${key} ${Boolean(told.from)} ${"voltage_min_v" in told.series}`;
    this.key = key;
    if (shape !== this.shape || !this.plots.length) {
      this.shape = shape;
      this.remake();
      return;
    }
    this.plots.forEach((one, i) => {
      one.setData([this.xs, ...rowsOf(CHARTS[i], told, this.xs)], false);
      this.summarise(i);
    });
    this.apply();
  }

  remake() {
    if (!this.told) return;
    this.clear();
    this.plots = CHARTS.map((chart) => this.make(chart));
    CHARTS.forEach((_, i) => this.summarise(i));
    this.apply();
  }

  make(chart) {
    const { told } = this;
    const [title, unit, digits, series, hasBand] = chart;
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const line = { stroke: colour("--line"), width: 1 };
    const axis = { stroke: colour("--soft"), grid: line, ticks: line };
    const hasTime = Boolean(told.from);
    const lines = [];
    const bands = [];
    for (const [name, suffix, label, variable] of series) {
      const shown = { stroke: colour(variable), value: (_, v) => num(v, digits, unit) };
      lines.push({ ...shown, label, width: 2 });
      if (!hasBand || !(`${name}_min_${suffix}` in told.series)) continue;
      // The extremes of each step as a band around its mean.
      const edge = { ...shown, width: 0, points: { show: false } };
      lines.push({ ...edge, label: "least" }, { ...edge, label: "most" });
      bands.push({ series: [lines.length, lines.length - 1], fill: `${colour(variable)}40` });
    }
    const place = h("figure", null, h("figcaption", null, `${title} (${unit})`));
    this.element.append(place);
    const plot = new uPlot(
      {
        width: this.element.clientWidth,
        height: HEIGHT,
        scales: { x: { time: hasTime } },
        cursor: { sync: { key: "history" }, drag: { x: true, y: false, setScale: false } },
        legend: { markers: { width: 2 } },
        axes: [
          {
            ...axis,
            space: 70,
            values: (_, at, __, ___, step) => at.map((s) => axisTime(s, step, hasTime)),
          },
          {
            ...axis,
            size: 58,
            values: (_, ticks) => ticks.map((v) => num(v, v % 1 ? Math.max(digits, 1) : digits)),
          },
        ],
        series: [
          { label: "time", value: (_, s) => (s === null ? "" : legendTime(s, hasTime)) },
          ...lines,
        ],
        bands,
        hooks: { setSelect: [(self) => this.select(self)] },
      },
      [this.xs, ...rowsOf(chart, told, this.xs)],
      place,
    );
    plot.over.addEventListener("dblclick", () => this.showAll());
    followFingers(plot.over, {
      move: (part) => this.move(-part),
      zoom: (factor, part) => this.zoom(factor, part),
    });
    // For those who cannot see it: what a chart says in a sentence.
    place.append(h("p", { class: "unseen" }));
    plot.root.setAttribute("aria-hidden", "true");
    return plot;
  }

  summarise(i) {
    const [title, unit, digits] = CHARTS[i];
    const [, row] = this.plots[i].data;
    const known = row.filter((v) => v !== null);
    const low = num(Math.min(...known), digits, unit);
    const high = num(Math.max(...known), digits, unit);
    this.element.children[i].lastChild.textContent = known.length
      ? `${title}: between ${low} and ${high}, ${num(known.at(-1), digits, unit)} at the end.`
      : `${title}: nothing is known of this time.`;
  }

  select(plot) {
    const { left, width } = plot.select;
    if (width < 5) return;
    const from = plot.posToVal(left, "x");
    const to = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.show(from, to);
  }

  /** Show a part of the time; never more than there is, never less than some steps. */
  show(from, to) {
    const [first, last] = this.whole;
    const least = Math.min(LEAST_STEPS * (this.told?.step_s ?? 1), last - first);
    const width = Math.min(Math.max(to - from, least), last - first);
    const start = Math.min(Math.max((from + to - width) / 2, first), last - width);
    this.window = width >= last - first ? null : [start, start + width];
    this.apply();
  }

  showAll() {
    this.window = null;
    this.apply();
  }

  /** Make the time shown wider by a factor, around a place between 0 and 1 that stays: at first now. */
  zoom(factor, part = this.window ? 0.5 : 1) {
    const [from, to] = this.window ?? this.whole;
    const fixed = from + (to - from) * part;
    this.show(fixed - (fixed - from) * factor, fixed + (to - fixed) * factor);
  }

  /** Go later by a part of the time shown. */
  move(part) {
    const [from, to] = this.window ?? this.whole;
    this.show(from + (to - from) * part, to + (to - from) * part);
  }

  apply() {
    const [min, max] = this.window ?? this.whole;
    for (const one of this.plots) one.setScale("x", { min, max });
  }

  resize() {
    for (const one of this.plots) one.setSize({ width: this.element.clientWidth, height: HEIGHT });
  }
}

function rowsOf([, , , series, hasBand], told, xs) {
  const unknown = xs.map(() => null);
  const rows = [];
  for (const [name, suffix] of series) {
    rows.push(told.series[`${name}_${suffix}`] ?? unknown);
    const low = told.series[`${name}_min_${suffix}`];
    if (hasBand && low) rows.push(low, told.series[`${name}_max_${suffix}`]);
  }
  return rows;
}

function axisTime(s, step, hasTime) {
  if (!hasTime) return duration(s);
  const date = new Date(s * 1000);
  if (step >= 86400) return date.toLocaleDateString([], { day: "numeric", month: "short" });
  const parts = {
    hour: "2-digit",
    minute: "2-digit",
    ...(step < 60 ? { second: "2-digit" } : {}),
  };
  const time = date.toLocaleTimeString([], parts);
  // Midnight says which day begins.
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
  return isMidnight ? date.toLocaleDateString([], { day: "numeric", month: "short" }) : time;
}

function legendTime(s, hasTime) {
  return hasTime ? new Date(s * 1000).toLocaleString() : `${duration(s)} after the start`;
}
