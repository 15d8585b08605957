// The first view: each battery at a glance, the bank above them when there are several.

import { batteryButtons } from "./actions.js";
import { cellRows } from "./cells.js";
import { h, setText, setVar } from "./dom.js";
import { duration, num, signed, UNKNOWN } from "./format.js";
import { ageOf, onChange, state } from "./live.js";

const LINK_WORDS = {
  connected: "connected",
  connecting: "connecting…",
  absent: "not in the air: asleep, out of range, or held by a phone",
  released: "left to the phone app",
  failed: "cannot be connected",
};
const VERDICT_WORDS = {
  ok: "The harness agrees with the BMS.",
  look: "The harness sees something to look at:",
  stop: "Stop and look before the next load:",
  unknown: "The harness has not seen enough yet to say anything.",
};

export function show(place) {
  const bank = h("section", {
    class: "bank",
    "aria-label": "All batteries together",
    hidden: true,
  });
  const bridgeAlarms = h("div", { class: "alarms" });
  const cards = h("div", { class: "cards" });
  const empty = h("p", null, "Waiting for the first reading…");
  place.append(bridgeAlarms, bank, empty, cards);
  const known = new Map();

  function update() {
    empty.hidden = state.batteries.length > 0;
    bank.hidden = state.batteries.length < 2;
    if (!bank.hidden) bank.replaceChildren(...bankParts());
    showAlarms(bridgeAlarms, state.bridge?.alarms ?? []);
    for (const battery of state.batteries) {
      let card = known.get(battery.id);
      if (!card) {
        card = new Card(battery);
        known.set(battery.id, card);
        cards.append(card.element);
      }
      card.update(battery);
    }
  }

  update();
  return onChange(update);
}

function bankParts() {
  const { bank } = state;
  if (!bank) return [];
  const missing = bank.missing
    ? `${bank.missing} of ${bank.batteries} are not heard`
    : "all are heard";
  const left =
    bank.time_to_empty_s !== null
      ? `empty in ${duration(bank.time_to_empty_s)}`
      : bank.time_to_full_s !== null
        ? `full in ${duration(bank.time_to_full_s)}`
        : "";
  return [
    h("h2", null, "Bank"),
    h(
      "p",
      { class: "big" },
      `${signed(bank.current_a, 1, "A")} · ${signed(bank.power_w, 0, "W")} · ` +
        `${num(bank.remaining_ah, 1, "Ah")} left`,
    ),
    h("p", null, [left, missing].filter(Boolean).join(", at the mean of the last 10 min; ")),
  ];
}

/** Write alarms as sentences; only what is new is announced to a screen reader. */
function showAlarms(place, alarms) {
  const key = JSON.stringify(alarms.map(({ code, cell, message }) => [code, cell, message]));
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(
    ...alarms.map((alarm) =>
      h(
        "p",
        { class: alarm.severity === "alarm" ? "alarm" : "warning", role: "alert" },
        h("strong", null, alarm.severity === "alarm" ? "Alarm: " : "Warning: "),
        alarm.message,
        " ",
        h("small", null, `(for ${duration(alarm.since_s)})`),
      ),
    ),
  );
}

class Card {
  constructor(battery) {
    this.name = h("h2", { id: `name-${battery.id}` });
    this.age = h("p", { class: "age" });
    this.alarms = h("div", { class: "alarms" });
    this.soc = h("p", { class: "soc" });
    this.socBar = h("div", { class: "soc-bar", "aria-hidden": "true" }, h("div"));
    this.flow = h("p", { class: "flow" });
    this.left = h("p", { class: "left" });
    this.cells = h("div", { class: "cells" });
    this.facts = h("dl", { class: "facts" });
    this.verdict = h("div", { class: "verdict" });
    this.element = h(
      "section",
      { class: "card", "aria-labelledby": `name-${battery.id}` },
      h("header", null, this.name, this.age),
      this.alarms,
      h(
        "div",
        { class: "glance" },
        h("div", null, this.soc, this.socBar),
        h("div", null, this.flow, this.left),
      ),
      this.cells,
      this.verdict,
      this.facts,
      batteryButtons(battery.id),
    );
  }

  update(battery) {
    const { bms, link } = battery;
    const age = ageOf(battery);
    setText(this.name, battery.name);
    const isOld = bms.stale || age === null;
    this.element.classList.toggle("stale", isOld);
    setText(
      this.age,
      age === null
        ? `No reading yet: ${LINK_WORDS[link.state] ?? link.state}`
        : isOld
          ? `Stale: last reading ${duration(age)} ago; ${LINK_WORDS[link.state] ?? link.state}`
          : `${duration(age)} ago`,
    );
    showAlarms(this.alarms, battery.alarms);
    setText(this.soc, bms.soc_pct === null ? UNKNOWN : `${bms.soc_pct} %`);
    setVar(this.socBar.firstChild, "--part", (bms.soc_pct ?? 0) / 100);
    setText(
      this.flow,
      `${num(bms.voltage_v, 2, "V")} · ${signed(bms.current_a, 1, "A")} · ${signed(bms.power_w, 0, "W")}`,
    );
    setText(this.left, leftText(bms));
    cellRows(this.cells, battery);
    this.showVerdict(battery.harness);
    this.showFacts(battery);
  }

  showVerdict(harness) {
    if (!harness) {
      this.verdict.replaceChildren();
      return;
    }
    const { state: word, findings } = harness.verdict;
    const key = JSON.stringify([word, findings, harness.calibrated]);
    if (this.verdict.dataset.key === key) return;
    this.verdict.dataset.key = key;
    this.verdict.className = `verdict ${word}`;
    this.verdict.replaceChildren(
      h("p", null, VERDICT_WORDS[word] ?? word),
      findings.length
        ? h(
            "ul",
            null,
            findings.map((one) => h("li", null, one.message)),
          )
        : "",
      harness.calibrated
        ? ""
        : h("p", null, "Its taps are not calibrated, so it can only see gross faults."),
    );
  }

  showFacts({ bms, link, counters }) {
    const rows = [
      ["Temperatures", bms.temperatures_c?.map((c) => num(c, 0, "°C")).join(" · ") ?? UNKNOWN],
      ["Spread of the cells", num(bms.spread_mv, 0, "mV")],
      ["Charging is", onOff(bms.charge_fet, "possible", "switched off by the BMS")],
      ["Discharging is", onOff(bms.discharge_fet, "possible", "switched off by the BMS")],
      ["Heater", onOff(bms.heater, "on", "off")],
      ["Balancing", onOff(bms.balancing, "yes", "no")],
      ["Cycles", num(bms.cycles, 0)],
      [
        "In and out since the first start",
        `${num(counters?.charge_in_ah, 1)} / ${num(counters?.charge_out_ah, 1, "Ah")}`,
      ],
      ["Radio link", linkText(link)],
    ];
    const key = JSON.stringify(rows);
    if (this.facts.dataset.key === key) return;
    this.facts.dataset.key = key;
    this.facts.replaceChildren(
      ...rows.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
    );
  }
}

function onOff(value, yes, no) {
  return value === null || value === undefined ? UNKNOWN : value ? yes : no;
}

function linkText(link) {
  const parts = [LINK_WORDS[link.state] ?? link.state];
  if (link.rssi_dbm !== null) parts.push(num(link.rssi_dbm, 0, "dBm"));
  if (link.quality_pct !== null) parts.push(`${link.quality_pct} % of the last polls answered`);
  return parts.join(", ");
}

function leftText({ remaining_ah: left, full_ah: full, current_a: current }) {
  if (left === null) return "";
  const charge = `${num(left, 1, "Ah")} left`;
  if (current === null || Math.abs(current) < 0.5) return charge;
  if (current < 0)
    return `${charge}, empty in ${duration((left / -current) * 3600)} at this current`;
  if (!full) return charge;
  return `${charge}, full in ${duration((Math.max(full - left, 0) / current) * 3600)} at this current`;
}
