// The first view: each battery at a glance, the bank above them when there are several.

import { batteryButtons } from "./actions.js";
import { showAlarms } from "./alarms.js";
import { Cells } from "./cells.js";
import { facts, h, setText, setVar } from "./dom.js";
import { UNKNOWN, duration, num, signed, timeLeft } from "./format.js";
import { ageOf, isGone, onChange, state } from "./live.js";

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
  const alarms = h("ul", { class: "alarms", "aria-label": "Alarms of the bridge" });
  const bank = new BankCard();
  const cards = h("div", { class: "cards" });
  const empty = h("p", { class: "box" });
  place.append(h("h2", { class: "unseen" }, "Batteries"), alarms, bank.element, empty, cards);
  const known = new Map();

  function update() {
    const { batteries, bridge } = state;
    showAlarms(alarms, bridge?.alarms ?? []);
    empty.hidden = batteries.length > 0;
    setText(
      empty,
      bridge
        ? "No battery is configured yet: Settings finds those nearby."
        : "Waiting for the first reading…",
    );
    bank.update(state.bank, batteries.length);
    for (const [id, card] of known) {
      if (batteries.some((one) => one.id === id)) continue;
      card.element.remove();
      known.delete(id);
    }
    for (const battery of batteries) {
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

class BankCard {
  constructor() {
    this.numbers = new Numbers(["Current", "Power", "Left", "At this rate"]);
    this.said = h("p", { class: "hint" });
    this.element = h(
      "section",
      { class: "box bank", "aria-label": "All batteries together" },
      h("h3", null, "Bank"),
      this.numbers.element,
      this.said,
    );
  }

  update(bank, count) {
    this.element.hidden = count < 2 || !bank;
    if (this.element.hidden) return;
    const { time_to_empty_s: empty, time_to_full_s: full } = bank;
    const left =
      empty !== null
        ? `empty in ${duration(empty)}`
        : full !== null
          ? `full in ${duration(full)}`
          : UNKNOWN;
    this.numbers.update([
      signed(bank.current_a, 1, "A"),
      signed(bank.power_w, 0, "W"),
      num(bank.remaining_ah, 1, "Ah"),
      left,
    ]);
    this.element.classList.toggle("stale", isGone() || bank.missing === bank.batteries);
    const parts = [
      bank.missing
        ? `Not in it: ${bank.missing} of ${bank.batteries} batteries, because not heard.`
        : `All ${bank.batteries} batteries.`,
      bank.current_a === null && bank.power_w !== null
        ? "Of different voltages: only their power adds up."
        : "The time goes by the mean of the last 10 min.",
    ];
    const apart = [
      [bank.soc_spread_pct, "%"],
      [bank.voltage_spread_mv, "mV"],
    ].filter(([value]) => value !== null);
    if (apart.length)
      parts.push(`They are ${apart.map(([v, u]) => num(v, 0, u)).join(" and ")} apart.`);
    setText(this.said, parts.join(" "));
  }
}

/** The few numbers that matter, large, each with its name. */
class Numbers {
  constructor(names) {
    this.values = names.map(() => h("dd"));
    this.element = h(
      "dl",
      { class: "numbers" },
      names.map((name, i) => h("div", null, h("dt", null, name), this.values[i])),
    );
  }

  update(texts) {
    texts.forEach((text, i) => setText(this.values[i], text));
  }
}

class Card {
  constructor({ id }) {
    const nameId = `name-${id}`;
    this.name = h("h3", { id: nameId });
    this.age = h("p", { class: "age" });
    this.alarms = h("ul", { class: "alarms", "aria-label": "Alarms" });
    this.soc = h("p", { class: "soc" });
    this.socBar = h("div", { class: "soc-bar", "aria-hidden": "true" }, h("i"));
    this.left = h("p", { class: "left" });
    this.numbers = new Numbers(["Voltage", "Current", "Power", "Temperature"]);
    this.cells = new Cells("Cells");
    this.verdict = h("div", { class: "verdict" });
    this.facts = h("div");
    this.element = h(
      "section",
      { class: "card", "aria-labelledby": nameId },
      h("header", null, this.name, this.age),
      this.alarms,
      h("div", { class: "charge" }, this.soc, h("div", null, this.socBar, this.left)),
      this.numbers.element,
      this.cells.element,
      this.verdict,
      this.facts,
      batteryButtons(id),
    );
  }

  update(battery) {
    const { bms } = battery;
    const age = ageOf(battery);
    const isOld = bms.stale || age === null || isGone();
    setText(this.name, battery.name || battery.id);
    this.element.classList.toggle("stale", isOld);
    setText(this.age, ageText(battery.link, age, isOld));
    showAlarms(this.alarms, battery.alarms);
    setText(this.soc, num(bms.soc_pct, 0, "%"));
    setVar(this.socBar.firstChild, "--part", (bms.soc_pct ?? 0) / 100);
    const charge =
      bms.remaining_ah === null
        ? ""
        : bms.full_ah === null
          ? num(bms.remaining_ah, 1, "Ah")
          : `${num(bms.remaining_ah, 1)} of ${num(bms.full_ah, 0, "Ah")}`;
    setText(this.left, [charge, timeLeft(bms)].filter(Boolean).join(", "));
    this.numbers.update([
      num(bms.voltage_v, 2, "V"),
      signed(bms.current_a, 1, "A"),
      signed(bms.power_w, 0, "W"),
      bms.temperatures_c
        ?.map((c) => num(c, 0))
        .join(" · ")
        .concat(" °C") ?? UNKNOWN,
    ]);
    this.cells.update(battery);
    this.showVerdict(battery.harness);
    this.showFacts(battery);
  }

  showVerdict(harness) {
    const { state: word, findings = [] } = harness?.verdict ?? {};
    const key = JSON.stringify([word, findings, harness?.calibrated, harness?.stale]);
    if (this.verdict.dataset.key === key) return;
    this.verdict.dataset.key = key;
    this.verdict.className = `verdict ${word ?? ""}`;
    if (!word) {
      this.verdict.replaceChildren();
      return;
    }
    this.verdict.replaceChildren(
      h(
        "p",
        null,
        harness.stale ? "The taps are not read at the moment." : (VERDICT_WORDS[word] ?? word),
      ),
      findings.length
        ? h(
            "ul",
            null,
            findings.map((one) => h("li", null, one.message)),
          )
        : "",
      harness.calibrated
        ? ""
        : h("p", { class: "hint" }, "Not calibrated: it can only see gross faults."),
    );
  }

  showFacts({ bms, link, counters, harness }) {
    const rows = [
      ["Charging", onOff(bms.charge_fet, "on", "switched off by the BMS")],
      ["Discharging", onOff(bms.discharge_fet, "on", "switched off by the BMS")],
      ["Protection", onOff(bms.protection?.active, "the BMS has tripped", "none")],
      ["Heater", onOff(bms.heater, "on", "off")],
      ["Balancing", onOff(bms.balancing, "yes", "no")],
      ["Spread of the cells", num(bms.spread_mv, 0, "mV")],
      harness?.noise_mv
        ? [
            "Noise of the taps",
            harness.noise_mv
              .map((mv) => num(mv, 0))
              .join(" · ")
              .concat(" mV"),
          ]
        : null,
      ["Cycles", num(bms.cycles, 0)],
      [
        "Since it was first read",
        `${num(counters?.charge_in_ah, 1, "Ah")} in, ${num(counters?.charge_out_ah, 1, "Ah")} out`,
      ],
      ["Bluetooth", linkText(link)],
    ];
    const key = JSON.stringify(rows);
    if (this.facts.dataset.key === key) return;
    this.facts.dataset.key = key;
    this.facts.replaceChildren(facts(rows));
  }
}

function ageText(link, age, isOld) {
  const word = LINK_WORDS[link.state] ?? link.state;
  if (age === null) return `No reading yet: ${word}`;
  if (!isOld) return `${duration(age)} ago`;
  return isGone()
    ? `Old: read ${duration(age)} ago`
    : `Stale: last read ${duration(age)} ago; ${word}`;
}

function onOff(value, yes, no) {
  return value === null || value === undefined ? UNKNOWN : value ? yes : no;
}

function linkText(link) {
  const parts = [LINK_WORDS[link.state] ?? link.state];
  if (link.rssi_dbm !== null) parts.push(num(link.rssi_dbm, 0, "dBm"));
  if (link.quality_pct !== null) parts.push(`${link.quality_pct} % of polls answered`);
  return parts.join(", ");
}
