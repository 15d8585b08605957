// What can be asked of the bridge about one battery; it switches nothing in the battery.

import { ask } from "./api.js";
import { h, report } from "./dom.js";

/** Return the buttons below a battery's card, with a place for their answers. */
export function batteryButtons(id) {
  const said = h("div", { class: "said", role: "status" });

  function button(label, path, body, done) {
    const element = h("button", { type: "button", class: "quiet", onclick: press }, label);
    async function press() {
      element.disabled = true;
      try {
        await ask(`/api/v1/batteries/${encodeURIComponent(id)}/${path}`, { method: "POST", body });
        said.replaceChildren(h("p", null, done));
      } catch (error) {
        report(said, error);
      } finally {
        element.disabled = false;
      }
    }
    return element;
  }

  return h(
    "div",
    { class: "actions" },
    button(
      "Let the phone app in for 10 min",
      "release",
      { minutes: 10 },
      "The bridge has let go: the phone app can connect now. It comes back by itself.",
    ),
    button(
      "Watch closely for 30 min",
      "fast",
      { minutes: 30 },
      "The bridge polls as fast as the link goes, and stops that by itself.",
    ),
    said,
  );
}
