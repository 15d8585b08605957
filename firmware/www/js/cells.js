// Cells as bars, the BMS and the harness beside each other.

import { h, setText, setVar } from "./dom.js";
import { num, signed } from "./format.js";

// What a LiFePO4 cell may have: the bar's ends. The plateau is in the upper third of it.
const EMPTY_V = 2.5;
const FULL_V = 3.65;
// Below this the order of the cells is the BMS's rounding, and says nothing.
const SPREAD_MV = 5;

/** Bring the rows of a battery's cells up to date. */
export function cellRows(place, { bms, harness }) {
  const cells = bms.cells_v ?? [];
  const taps = harness?.cells_v ?? null;
  const n = Math.max(cells.length, taps?.length ?? 0);
  if (place.childElementCount !== n) {
    place.replaceChildren(...Array.from({ length: n }, (_, i) => row(i + 1)));
  }
  const isSpread = bms.spread_mv >= SPREAD_MV;
  const lowest = isSpread ? Math.min(...cells) : null;
  const highest = isSpread ? Math.max(...cells) : null;
  for (let i = 0; i < n; i += 1) {
    const [, bars, text] = place.children[i].children;
    const v = cells[i] ?? null;
    setBar(bars.children[0], v);
    bars.children[1].hidden = taps === null;
    if (taps) setBar(bars.children[1], taps[i] ?? null);
    let words = num(v, 3, "V");
    if (taps) {
      words += `, tap ${num(taps[i] ?? null, 3, "V")}`;
      const difference = harness.difference_mv?.[i] ?? null;
      if (difference !== null) words += ` (${signed(difference, 0, "mV")})`;
    }
    if (isSpread && v === lowest) words += ", lowest";
    if (isSpread && v === highest) words += ", highest";
    setText(text, words);
  }
}

function row(n) {
  return h(
    "div",
    { class: "cell" },
    h("span", { class: "cell-name" }, `Cell ${n}`),
    h(
      "span",
      { class: "bars", "aria-hidden": "true" },
      h("span", { class: "bar bms" }),
      h("span", { class: "bar tap" }),
    ),
    h("span", { class: "cell-text" }),
  );
}

function setBar(bar, v) {
  const part = v === null ? 0 : (v - EMPTY_V) / (FULL_V - EMPTY_V);
  setVar(bar, "--part", Math.min(Math.max(part, 0), 1).toFixed(4));
}
