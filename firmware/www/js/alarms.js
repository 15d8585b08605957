// Alarms as sentences, those of one battery or of the bridge itself.

import { h, setText } from "./dom.js";
import { duration } from "./format.js";

/** Bring a list of alarms up to date; elements stay, so that a reader keeps their place. */
export function showAlarms(place, given) {
  // What is worse comes first; otherwise in the bridge's order.
  const rank = (one) => (one.severity === "alarm" ? 0 : 1);
  const alarms = [...given].sort((a, b) => rank(a) - rank(b));
  place.hidden = !alarms.length;
  while (place.childElementCount > alarms.length) place.lastChild.remove();
  while (place.childElementCount < alarms.length) {
    place.append(h("li", null, h("strong"), h("span"), h("small")));
  }
  alarms.forEach((alarm, i) => {
    const item = place.children[i];
    const isAlarm = alarm.severity === "alarm";
    item.className = isAlarm ? "alarm" : "warning";
    setText(item.children[0], isAlarm ? "Alarm: " : "Warning: ");
    setText(item.children[1], alarm.message);
    setText(item.children[2], ` for ${duration(alarm.since_s)}`);
  });
}
