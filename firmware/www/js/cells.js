// Cells as bars, the BMS and the harness beside each other.

import { h, setText, setVar } from "./dom.js";
import { barRange, num, signed } from "./format.js";

// Below this the order of the cells is the BMS's rounding, and says nothing.
const SPREAD_MV = 5;

/** The table of a battery's cells. */
export class Cells {
  constructor(name) {
    this.caption = h("caption", { class: "unseen" }, name);
    this.heads = ["Cell", "", "BMS", "Tap", "Tap − BMS"].map((text) =>
      h("th", { scope: "col" }, text),
    );
    this.heads[1].append(h("span", { class: "unseen" }, "Bars"));
    this.heads[2].className = "key";
    this.heads[3].className = "key tap";
    this.body = h("tbody");
    this.scale = h("p", { class: "hint scale", "aria-hidden": "true" });
    const table = h(
      "table",
      { class: "cells" },
      this.caption,
      h("thead", null, h("tr", null, this.heads)),
      this.body,
    );
    this.element = h("div", null, table, this.scale);
  }

  update({ bms, harness }) {
    const cells = bms.cells_v ?? [];
    const taps = harness ? (harness.cells_v ?? []) : null;
    const n = Math.max(cells.length, taps?.length ?? 0);
    const body = this.body;
    this.element.hidden = n === 0;
    if (body.childElementCount !== n) {
      body.replaceChildren(...Array.from({ length: n }, (_, i) => row(i + 1)));
    }
    for (const head of this.heads.slice(3)) head.hidden = taps === null;
    const [low, high] = barRange([...cells, ...(taps ?? [])]);
    const mean = taps ? " Tap − BMS is a mean of some minutes." : "";
    setText(this.scale, `Bars from ${num(low, 1, "V")} to ${num(high, 1, "V")}.${mean}`);
    const marks = marksOf(cells, bms.spread_mv);
    for (let i = 0; i < n; i += 1) {
      const [, bars, byBms, byTap, difference] = body.children[i].children;
      setBar(bars.firstChild.children[0], cells[i] ?? null, low, high);
      setBar(bars.firstChild.children[1], taps?.[i] ?? null, low, high);
      bars.firstChild.children[1].hidden = taps === null;
      setText(byBms.children[0], num(cells[i] ?? null, 3, "V"));
      const [mark, word] = marks[i] ?? NEITHER;
      setText(byBms.children[1], mark);
      setText(byBms.children[2], word);
      byTap.hidden = taps === null;
      difference.hidden = taps === null;
      setText(byTap, num(taps?.[i] ?? null, 3, "V"));
      setText(difference, signed(harness?.difference_mv?.[i] ?? null, 0, "mV"));
    }
  }
}

const LOWEST = ["▼", "lowest"];
const HIGHEST = ["▲", "highest"];
const NEITHER = ["", ""];

function marksOf(cells, spread) {
  if (!(spread >= SPREAD_MV)) return cells.map(() => NEITHER);
  const lowest = Math.min(...cells);
  const highest = Math.max(...cells);
  return cells.map((v) => (v === lowest ? LOWEST : v === highest ? HIGHEST : NEITHER));
}

function row(n) {
  return h(
    "tr",
    null,
    h("th", { scope: "row" }, String(n)),
    h(
      "td",
      { class: "bars" },
      h("div", { "aria-hidden": "true" }, h("i", { class: "bar" }), h("i", { class: "bar tap" })),
    ),
    h(
      "td",
      null,
      h("span"),
      h("small", { "aria-hidden": "true" }),
      h("span", { class: "unseen" }),
    ),
    h("td"),
    h("td"),
  );
}

function setBar(bar, v, low, high) {
  const part = v === null ? 0 : (v - low) / (high - low);
  setVar(bar, "--part", Math.min(Math.max(part, 0), 1).toFixed(4));
}
