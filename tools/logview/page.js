"use strict";
// Reads values out under the pointer, and looks closer at a span. The drawings are there without
// it; `chart` is the data they were made of. Every plot is X units wide, whatever its time.
const X = 10000;
const STEPS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 432000, 864000, 2592000, 5184000, 10368000, 31536000];
const plots = [...document.querySelectorAll("svg.plot")];
const total = chart.high - chart.low;
let left = 0;
let right = X;
let from = null;

const second = (x) => chart.low + (x / X) * total;

function timeText(s, step) {
  const whole = Math.round(s);
  if (chart.uptime) {
    const minutes = String(Math.floor(whole / 60) % 60).padStart(2, "0");
    return Math.floor(whole / 3600) + ":" + minutes + " h";
  }
  const iso = new Date(whole * 1000).toISOString();
  if (!step) return iso.slice(0, 19) + "Z";
  if (step >= 86400 || whole % 86400 === 0) return iso.slice(0, 10);
  return step < 60 ? iso.slice(11, 19) : iso.slice(11, 16);
}

// --- the span that is shown ---

function show(a, b) {
  // No closer than four buckets: there is nothing between them.
  const least = Math.min(X, (4 * chart.width * X) / total);
  const more = Math.max(0, least - (b - a)) / 2;
  left = Math.max(0, a - more);
  right = Math.min(X, b + more);
  const span = second(right) - second(left);
  const step = STEPS_S.find((s) => span / s <= 8) || STEPS_S[STEPS_S.length - 1];
  for (const plot of plots) {
    plot.setAttribute("viewBox", `${left} 0 ${right - left} 1000`);
    const times = plot.parentNode.querySelector(".times");
    const y = times.firstChild ? times.firstChild.getAttribute("y") : 0;
    const at = Number(plot.getAttribute("x"));
    const wide = Number(plot.getAttribute("width"));
    times.replaceChildren();
    for (let s = Math.ceil(second(left) / step) * step; s <= second(right); s += step) {
      const text = document.createElementNS(plot.namespaceURI, "text");
      text.setAttribute("class", "time");
      text.setAttribute("x", at + (wide * (s - second(left))) / span);
      text.setAttribute("y", y);
      text.textContent = timeText(s, step);
      times.append(text);
    }
  }
}

// --- the values under the pointer ---

function nearest(s) {
  let low = 0;
  let high = chart.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (chart.starts[middle] <= s - chart.low) low = middle;
    else high = middle - 1;
  }
  return low;
}

function valueText(line, i) {
  const low = line.lows[i];
  const high = line.highs[i];
  if (low === null || low === undefined) return line.label + " –";
  return line.label + " " + (low === high ? low : low + " … " + high) + " " + line.unit;
}

function read(x) {
  const i = nearest(second(x));
  const time = timeText(chart.low + chart.starts[i], 0);
  for (const section of document.querySelectorAll("section")) {
    const output = section.querySelector("output");
    const panel = chart.panels[section.dataset.panel];
    const texts = panel
      ? panel.map((line) => valueText(line, i))
      : chart.lanes.filter((lane) => lane.states[i]).map((lane) => lane.label);
    output.textContent = [time, ...texts].join("  ");
  }
  for (const plot of plots) {
    plot.querySelector(".pointer").setAttribute("d", `M${x} 0V1000`);
    const chosen = plot.querySelector(".chosen");
    chosen.setAttribute("x", from === null ? 0 : Math.min(from, x));
    chosen.setAttribute("width", from === null ? 0 : Math.abs(x - from));
  }
}

function place(event) {
  const box = event.currentTarget.querySelector(".paper").getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  return Math.min(Math.max(share * X, left), right);
}

for (const plot of plots) {
  plot.addEventListener("pointermove", (event) => read(place(event)));
  plot.addEventListener("pointerdown", (event) => {
    from = place(event);
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointerup", (event) => {
    const to = place(event);
    const begun = from;
    from = null;
    // A click without a drag chooses nothing.
    if (Math.abs(to - begun) > (right - left) / 100) show(Math.min(begun, to), Math.max(begun, to));
    read(to);
  });
  plot.addEventListener("dblclick", () => show(0, X));
}
