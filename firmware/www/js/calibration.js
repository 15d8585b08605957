// Calibrating the taps: what a multimeter reads, or the BMS's own cells at rest.

import { ask } from "./api.js";
import { answers, button, h, report, table } from "./dom.js";
import { typed } from "./fields.js";
import { localTime, num } from "./format.js";

/** Return one box for each battery with taps; kept() is told when the bridge stored coefficients. */
export function calibrationPart(config, kept) {
  const wired = config.batteries.filter((battery) => battery.taps?.length);
  if (!wired.length)
    return h(
      "p",
      null,
      "No harness is wired to any battery. One is entered below, under Batteries and harness; " +
        "then save, and restart.",
    );
  return wired.map((battery) => box(battery, kept));
}

function box(battery, stored) {
  const state = h("div");
  const said = answers();
  const path = `/api/v1/batteries/${encodeURIComponent(battery.id)}/calibration`;
  const inputs = battery.taps.map(() =>
    h("input", { type: "text", inputmode: "decimal", autocomplete: "off" }),
  );
  const second = h("input", { type: "checkbox" });
  load();
  return h(
    "fieldset",
    null,
    h("legend", null, battery.name || battery.id),
    state,
    h("h3", null, "With a multimeter"),
    h("p", null, "Black probe on B−, red probe on each tap in turn; no load, no charger."),
    h(
      "div",
      { class: "fields" },
      inputs.map((input, k) => h("label", null, `Tap ${k + 1} reads (V)`, input)),
    ),
    h(
      "label",
      { class: "check" },
      second,
      " This is the second point, at another voltage than the first",
    ),
    h(
      "p",
      { class: "row" },
      press("Show what it would be", () => ({ ...meter(), keep: false })),
      press("Keep it", () => ({ ...meter(), keep: true })),
    ),
    h("h3", null, "Without one: against the cells of the BMS, at rest"),
    h(
      "p",
      { class: "row" },
      press("Show against the BMS", () => ({ against: "bms", keep: false })),
      press("Keep against the BMS", () => ({ against: "bms", keep: true })),
    ),
    h(
      "p",
      { class: "row" },
      press("Back to the coefficients before", () => ({ undo: true })),
    ),
    said,
  );

  function meter() {
    const body = {
      against: "multimeter",
      taps_v: inputs.map(({ value }) => typed(value, "number", null)),
    };
    return second.checked ? { ...body, point: 2 } : body;
  }

  function press(label, bodyOf) {
    return button(label, async () => {
      try {
        said.replaceChildren(h("p", null, "Measuring; this takes up to a minute…"));
        const body = bodyOf();
        const isDone = body.keep !== false;
        showAnswer(await ask(path, { method: "POST", body, patience: 90000 }), isDone);
        load();
        if (isDone) await stored();
      } catch (error) {
        report(said, error);
      }
    });
  }

  function showAnswer({ taps, notes = [] }, isDone) {
    said.replaceChildren(
      h("p", null, isDone ? "Kept, and in force." : "Not kept yet: this is what it would be."),
      table(
        ["Tap", "Gain", "Offset", "Reads", "Would read"],
        taps.map((one) => [
          one.tap,
          `${num(one.old_gain, 4)} → ${num(one.gain, 4)}`,
          `${num(one.old_offset_mv, 1)} → ${num(one.offset_mv, 1, "mV")}`,
          num(one.reads_v, 3, "V"),
          num(one.would_read_v, 3, "V"),
        ]),
      ),
      ...notes.map((note) => h("p", null, note)),
    );
  }

  async function load() {
    try {
      const told = await ask(path);
      state.replaceChildren(
        told.hindrance ? h("p", { class: "hint" }, told.hindrance) : "",
        table(
          ["Tap", "Reads", "Gain", "Offset", "Calibrated"],
          told.taps.map((one) => [
            one.tap,
            num(one.reads_v, 3, "V"),
            num(one.gain, 4),
            num(one.offset_mv, 1, "mV"),
            one.calibrated_against
              ? `${one.calibrated_time ? localTime(one.calibrated_time) : "at a time not known"}, against ` +
                (one.calibrated_against === "bms" ? "the BMS" : "a multimeter")
              : "never",
          ]),
        ),
      );
    } catch (error) {
      // A harness that is only in the form so far has no calibration yet.
      report(state, error);
    }
  }
}
