// What can be asked of the bridge about one battery; it switches nothing in the battery.

import { ask } from "./api.js";
import { answers, button, h, tell } from "./dom.js";

/** Return the buttons below a battery's card, with a place for their answers. */
export function batteryButtons(id) {
  const said = answers();
  const path = `/api/v1/batteries/${encodeURIComponent(id)}`;

  function minutes(label, name, n, done) {
    return button(label, () =>
      tell(said, async () => {
        await ask(`${path}/${name}`, { method: "POST", body: { minutes: n } });
        return done;
      }),
    );
  }

  return h(
    "details",
    { class: "actions" },
    h("summary", null, "Phone app, closer watch"),
    h(
      "p",
      { class: "row" },
      minutes(
        "Let the phone app in for 10 min",
        "release",
        10,
        "The bridge has let go: the phone app can connect now. The bridge comes back by itself.",
      ),
      minutes("Take it back now", "release", 0, "The bridge connects again."),
    ),
    h(
      "p",
      { class: "row" },
      minutes(
        "Watch closely for 30 min",
        "fast",
        30,
        "The bridge polls as fast as the link goes, and stops that by itself.",
      ),
      minutes("As usual again", "fast", 0, "The bridge polls as it is set."),
    ),
    said,
  );
}
