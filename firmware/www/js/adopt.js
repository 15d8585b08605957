// The batteries of the configuration: found in the air, named, and their harness's dividers.

import { ask } from "./api.js";
import { answers, button, h, report } from "./dom.js";
import { field } from "./fields.js";
import { num } from "./format.js";

const MAX_BATTERIES = 4;
// Of a battery of 16 cells; the bridge says which of them its chip can read.
const MAX_TAPS = 16;

/** Return the search for batteries; adopted(battery) is told of one that is new in config. */
export function findPart(config, adopted) {
  const found = answers();
  return [
    h(
      "p",
      null,
      "Lists the SOK batteries that can be heard from here. The search takes up to half a minute.",
    ),
    button("Search", search),
    found,
  ];

  async function search() {
    found.replaceChildren(h("p", null, "Listening…"));
    try {
      const batteries = await ask("/api/v1/discovery", { patience: 60000 });
      list(batteries);
    } catch (error) {
      report(found, error);
    }
  }

  function list(batteries) {
    found.replaceChildren(
      batteries.length
        ? h(
            "ul",
            { class: "found" },
            batteries.map((one) => row(one, batteries)),
          )
        : h(
            "p",
            null,
            "None was heard. Is its Bluetooth awake, and no phone connected to it? Charge or load wakes it.",
          ),
    );
  }

  function row(one, all) {
    const isKnown = config.batteries.some((battery) => battery.address === one.address);
    const isRoom = hasFreePlace(config) || config.batteries.length < MAX_BATTERIES;
    const canAdopt = one.protocol === "abc" && !isKnown && isRoom;
    return h(
      "li",
      null,
      h("strong", null, one.name ?? one.address),
      one.name ? ` ${one.address}` : "",
      one.rssi_dbm === null ? "" : `, ${num(one.rssi_dbm, 0, "dBm")}`,
      isKnown ? ", yours already" : "",
      one.note ? `: ${one.note}` : "",
      " ",
      canAdopt ? button("Adopt", () => adopt(one, all)) : null,
    );
  }

  function adopt(one, all) {
    // The first battery of a new bridge has a place that nobody was assigned to yet.
    const free = config.batteries.find((battery) => !battery.address);
    const mine = free ?? { ...blank(config), id: freeId(config) };
    if (!free) config.batteries.push(mine);
    mine.address = one.address;
    mine.address_type = one.address_type;
    if (one.name) mine.name = one.name;
    list(all);
    adopted(mine);
  }
}

const hasFreePlace = (config) => config.batteries.some((battery) => !battery.address);

function freeId(config) {
  const ids = new Set(config.batteries.map((one) => one.id));
  let n = config.batteries.length + 1;
  while (ids.has(`battery${n}`)) n += 1;
  return `battery${n}`;
}

function blank(config) {
  const { match, poll_s: poll, stale_s: stale } = config.batteries[0];
  return { name: "", address_type: "public", match, poll_s: poll, stale_s: stale, taps: [] };
}

/** Return a box for each battery of the configuration. */
export function batteryParts(config, redraw) {
  return config.batteries.map((battery, i) => {
    const place = `batteries[${i}]`;
    return h(
      "fieldset",
      null,
      h("legend", null, battery.name || battery.id),
      h(
        "div",
        { class: "fields" },
        field(battery, "name", "Name", { place }),
        field(battery, "id", "Id", { place, hint: "In addresses and on the card" }),
        field(battery, "address", "Bluetooth address", {
          place,
          empty: null,
          hint: "Empty: found by its name",
        }),
        field(battery, "match", "Name it is found by", {
          place,
          hint: "Or the beginning of it; used without an address",
        }),
        field(battery, "address_type", "Kind of address", {
          place,
          options: [
            ["public", "public"],
            ["random", "random"],
          ],
        }),
        field(battery, "poll_s", "Poll every", { place, type: "number", unit: "s" }),
        field(battery, "stale_s", "Stale after", { place, type: "number", unit: "s" }),
      ),
      tapsPart(battery, place, redraw),
      config.batteries.length > 1
        ? button("Remove this battery", () => {
            config.batteries.splice(i, 1);
            redraw();
          })
        : null,
    );
  });
}

// Each tap with a ratio of its own, so that all pins sit at the same voltage (docs/wiring.md).
const USUAL = [
  [32, 103000],
  [33, 306000],
  [34, 508000],
  [35, 711000],
];

function tapsPart(battery, place, redraw) {
  const { taps } = battery;
  return [
    h("h3", null, "Balance harness"),
    h(
      "p",
      { class: "hint" },
      taps.length
        ? "The lowest tap first, all or none. Each pin sits between two resistors: one to its " +
            "tap, one to B−."
        : "Not wired.",
    ),
    taps.map((tap, k) => {
      const at = { place: `${place}.taps[${k}]`, type: "number" };
      return h(
        "div",
        { class: "fields taps" },
        field(tap, "pin", `Tap ${k + 1} on pin`, at),
        field(tap, "top_ohm", "To the tap", { ...at, unit: "Ω" }),
        field(tap, "bottom_ohm", "To B−", { ...at, unit: "Ω" }),
      );
    }),
    h("p", { class: "row" }, taps.length ? tapButtons() : button("Four taps are wired", wire)),
  ];

  function tapButtons() {
    return [
      taps.length < MAX_TAPS ? button("Add a tap", add) : null,
      button("Remove the highest tap", () => change(() => taps.pop())),
      button("No harness", () => change(() => taps.splice(0))),
    ];
  }

  function change(act) {
    act();
    redraw();
  }

  function add() {
    change(() => taps.push({ pin: null, top_ohm: null, bottom_ohm: 100000 }));
  }

  function wire() {
    change(() => {
      battery.taps = USUAL.map(([pin, top]) => ({ pin, top_ohm: top, bottom_ohm: 100000 }));
    });
  }
}
