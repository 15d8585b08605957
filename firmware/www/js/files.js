// What is on the card, to take away; and the raw frames for a bug report.

import { ask, fetchBlob, hasToken } from "./api.js";
import { h, report } from "./dom.js";
import { bytes } from "./format.js";

export function show(place) {
  const said = h("div", { class: "said", role: "status" });
  const list = h("div");
  place.append(
    h("h2", null, "Files on the card"),
    said,
    list,
    h("h2", null, "Raw frames"),
    h(
      "p",
      null,
      "The last messages of the batteries, as they came. If a battery is shown wrongly, this file " +
        "is what a bug report needs: ",
      link("/api/v1/frames", "baybridge-frames.txt", "the last frames", said),
    ),
  );
  load();
  return () => {};

  async function load() {
    try {
      const { logs, is_complete: isComplete } = await ask("/api/v1/logs");
      logs.sort(
        (a, b) => (b.date ?? "").localeCompare(a.date ?? "") || a.name.localeCompare(b.name),
      );
      list.replaceChildren(logs.length ? table(logs) : h("p", null, "There are none yet."));
      if (!isComplete) list.append(h("p", null, "There are more than can be listed."));
    } catch (error) {
      report(said, error);
    }
  }

  function table(logs) {
    return h(
      "div",
      { class: "scroll" },
      h(
        "table",
        null,
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["File", "Battery", "Day", "Size"].map((t) => h("th", { scope: "col" }, t)),
          ),
        ),
        h(
          "tbody",
          null,
          logs.map((one) =>
            h(
              "tr",
              null,
              h(
                "td",
                null,
                link(`/api/v1/logs/${encodeURIComponent(one.name)}`, one.name, one.name, said),
              ),
              h("td", null, one.battery ?? ""),
              h("td", null, one.date ?? ""),
              h("td", { class: "number" }, bytes(one.bytes)),
            ),
          ),
        ),
      ),
    );
  }
}

/** Return a link that downloads; where a token is needed a plain link could not carry it. */
export function link(path, name, label, said) {
  return h("a", { href: path, download: name, onclick: click }, label);

  async function click(event) {
    if (!hasToken()) return;
    event.preventDefault();
    try {
      save(await fetchBlob(path), name);
    } catch (error) {
      report(said, error);
    }
  }
}

/** Have the browser save a Blob under a name. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
