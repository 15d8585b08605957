// The plain parts of the settings: limits, log, sleep, and what is soldered to the board.

import { ask } from "./api.js";
import { h, setText } from "./dom.js";
import { field } from "./fields.js";
import { num } from "./format.js";

const LIMITS = [
  ["cell_ov_mv", "Cell too high", "mV"],
  ["cell_uv_mv", "Cell too low", "mV"],
  ["battery_ov_per_cell_mv", "Battery too high, per cell", "mV"],
  ["battery_uv_per_cell_mv", "Battery too low, per cell", "mV"],
  ["spread_rest_mv", "Spread at rest", "mV"],
  ["spread_load_mv", "Spread under load", "mV"],
  ["spread_full_mv", "Spread near full", "mV"],
  ["charge_cold_c", "Too cold to charge", "°C"],
  ["charge_hot_c", "Too hot to charge", "°C"],
  ["discharge_cold_c", "Too cold to discharge", "°C"],
  ["discharge_hot_c", "Too hot to discharge", "°C"],
  ["soc_low_pct", "State of charge low", "%"],
];

export function alarmPart(alarms) {
  const number = { place: "alarms", type: "number", empty: null };
  return [
    h(
      "p",
      { class: "hint" },
      "Empty means: the battery's own limit, or where it told none, the usual one for LiFePO4.",
    ),
    h(
      "div",
      { class: "fields" },
      LIMITS.map(([key, label, unit]) => field(alarms, key, label, { ...number, unit })),
    ),
  ];
}

export function powerPart(power) {
  const number = { place: "power", type: "number", empty: null };
  const draw = h("p", { class: "hint" });
  tellDraw(draw);
  return [
    h(
      "p",
      { class: "hint" },
      "Asleep the bridge has no page and no alarms; it wakes to read and log. Both limits empty: " +
        "it never sleeps.",
    ),
    draw,
    h(
      "div",
      { class: "fields" },
      field(power, "sleep_below_soc_pct", "Below a charge of", { ...number, unit: "%" }),
      field(power, "sleep_below_cell_mv", "Below a mean cell of", { ...number, unit: "mV" }),
      field(power, "wake_min", "Wake every", { ...number, unit: "min" }),
    ),
  ];
}

/** What it takes out of a battery, as the bridge reckons it with the interval that is stored. */
async function tellDraw(element) {
  try {
    const { power } = await ask("/api/v1/diagnostics");
    const month = (ah) => `about ${num(ah, 1, "Ah")} a month`;
    const asleep = `waking every ${num(power.wake_min, 0, "min")}`;
    const why = power.awake_because ? ` Awake because ${power.awake_because}.` : "";
    setText(
      element,
      `Awake it takes ${month(power.month_awake_ah)}, ${asleep} ${month(power.month_sleeping_ah)}.${why}`,
    );
  } catch {
    // The fields are of use without it.
  }
}

export function logPart(log) {
  const number = { place: "log", type: "number" };
  return [
    field(log, "enabled", "Log to the card", { place: "log", type: "switch" }),
    h(
      "div",
      { class: "fields" },
      field(log, "record_s", "A record every", { ...number, unit: "s" }),
      field(log, "fast_s", "After a load step, every", {
        ...number,
        unit: "s",
        hint: "0: no more often",
      }),
      field(log, "rest_s", "At rest, every", { ...number, unit: "s", hint: "0: no less often" }),
      field(log, "flush_s", "Written to the card every", { ...number, unit: "s" }),
      field(log, "min_free_mb", "Space that stays free", { ...number, unit: "MB" }),
    ),
    field(log, "delete_oldest", "Delete the oldest days when the card is full", {
      place: "log",
      type: "switch",
    }),
  ];
}

export function boardPart({ card, led, radio }) {
  const pin = { type: "number", empty: null };
  const ofCard = { ...pin, place: "card" };
  return [
    h("p", { class: "hint" }, "Pins are GPIO numbers. All of this waits for a restart."),
    h("h4", null, "LED"),
    h(
      "div",
      { class: "fields" },
      field(led, "pin", "LED on pin", { ...pin, place: "led", hint: "Empty: no LED" }),
    ),
    field(led, "active_low", "The LED lights while its pin is low", {
      place: "led",
      type: "switch",
    }),
    h("h4", null, "SD card"),
    h(
      "div",
      { class: "fields" },
      field(card, "sck", "Clock (SCK) on pin", ofCard),
      field(card, "miso", "From the card (MISO) on pin", ofCard),
      field(card, "mosi", "To the card (MOSI) on pin", ofCard),
      field(card, "cs", "Chip select (CS) on pin", ofCard),
      field(card, "slot", "SPI slot", {
        place: "card",
        options: [
          [2, "2"],
          [3, "3"],
        ],
      }),
      field(card, "freq_hz", "SPI clock", {
        ...ofCard,
        unit: "Hz",
        hint: "Lower it when the wires are long",
      }),
      field(card, "format", "A card without a FAT file system", {
        place: "card",
        options: [
          ["never", "is left alone"],
          ["if_unreadable", "is ERASED and formatted"],
        ],
      }),
    ),
    h("h4", null, "Bluetooth"),
    h(
      "div",
      { class: "fields" },
      field(radio, "links", "Links held at once", {
        place: "radio",
        type: "number",
        hint: "With more batteries they take turns",
      }),
    ),
  ];
}
