// What concerns the whole bridge: lost, locked, without a clock, misconfigured, its own alarms.

import { ask } from "./api.js";
import { answers, button, byId, h, say, tell } from "./dom.js";
import { setClock } from "./keep.js";
import { isGone, link, refresh, state } from "./live.js";

const GONE =
  "The bridge does not answer any more. What you see below is what it said last, not what is " +
  "now. Is this device still on the bridge's network, and has the bridge power?";
// What a board says that nobody has set up yet: no problem, and no reason for alarm.
const NEW = /^config\.json is missing/;
let problems = [];
let isNew = false;
let wasGone = false;
let spoken = new Map();

/** Ask for what is wrong with the configuration: once, because only a restart changes it. */
export async function loadProblems() {
  try {
    const told = (await ask("/api/v1/diagnostics", { asksToken: false })).config_problems ?? [];
    problems = told.filter((one) => !NEW.test(one));
    isNew = problems.length < told.length;
  } catch {
    // The readings say by themselves when the bridge cannot be asked.
  }
}

/** Return the problems of the stored configuration, as sentences. */
export const configProblems = () => problems;

/** Bring the notices above every view up to date. */
export function showNotices() {
  const lost = isGone();
  const gone = byId("gone");
  gone.hidden = !lost;
  gone.textContent = lost ? GONE : "";
  if (lost !== wasGone) say(lost ? GONE : "The bridge answers again.");
  wasGone = lost;
  draw(byId("notices"), notices());
  speakAlarms();
}

function notices() {
  const found = [];
  if (link.error?.status === 401) {
    const why = "This bridge shows its readings only to those who have a token.";
    found.push(["token", why, ["Enter the token", refresh]]);
  }
  if (state.bridge?.time_is_set === false) {
    const why = "The bridge does not know the time, so its log has none.";
    found.push(["clock", why, ["Set it from this device", setClock]]);
  }
  if (isNew) {
    const why = "This bridge is new: name its batteries, and join it to a Wi-Fi network.";
    found.push(["new", why, ["Go to Settings", goToSettings]]);
  }
  if (problems.length) {
    const why = `The stored configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}; the bridge uses defaults there.`;
    found.push(["config", why, ["See Settings", goToSettings]]);
  }
  return found;
}

function draw(place, found) {
  const key = JSON.stringify(found);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(
    ...found.map(([name, why, [label, act]]) => {
      const said = answers();
      const press = button(label, () => tell(said, act));
      return h(
        "div",
        { class: "warning", "data-name": name },
        h("p", null, why, " ", press),
        said,
      );
    }),
  );
}

function goToSettings() {
  location.hash = "#/settings";
}

// An alarm's sentence holds a value that moves; spoken is only that it began or ended.
function speakAlarms() {
  const now = new Map();
  for (const alarm of state.bridge?.alarms ?? []) now.set(alarm.code, `Alarm: ${alarm.message}`);
  for (const { id, name, alarms } of state.batteries) {
    for (const { code, cell, severity, message } of alarms) {
      const word = severity === "alarm" ? "Alarm" : "Warning";
      now.set([id, code, cell, severity].join(), `${word} of ${name}: ${message}`);
    }
  }
  const begun = [...now].filter(([key]) => !spoken.has(key)).map(([, text]) => text);
  if (begun.length) say(begun.join(" "));
  else if (spoken.size && !now.size) say("No alarm stands any more.");
  spoken = now;
}
