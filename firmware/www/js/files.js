// What is on the card, to take away; and the raw frames for a bug report.

import { ask, fetchBlob, hasToken } from "./api.js";
import { answers, button, facts, h, report, table, tell } from "./dom.js";
import { bytes, duration, num } from "./format.js";

export function show(place) {
  const said = answers();
  const card = h("div", { class: "box" });
  const list = h("div");
  const minutes = h("input", { type: "text", inputmode: "numeric", value: "10", size: "4" });
  place.append(
    h("h2", null, "Card"),
    card,
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
    h(
      "p",
      { class: "row" },
      h("label", null, "Minutes", minutes),
      button("Record frames to the card", () => tell(said, record)),
    ),
  );
  showCard();
  load();
  const timer = setInterval(() => document.hidden || showCard(), 10000);
  return () => clearInterval(timer);

  async function record() {
    const told = await ask("/api/v1/frames", {
      method: "POST",
      body: { minutes: Number(minutes.value) },
    });
    showCard();
    return told.recording
      ? `Recording into ${told.file} of each battery, for ${duration(told.for_s)}.`
      : "Not recording.";
  }

  async function showCard() {
    try {
      const { card: told, recording } = await ask("/api/v1/diagnostics");
      card.replaceChildren(...cardParts(told, recording));
    } catch (error) {
      report(card, error);
    }
  }

  async function load() {
    try {
      const { logs, is_complete: isComplete } = await ask("/api/v1/logs");
      const day = (one) => one.date ?? "";
      logs.sort((a, b) => day(b).localeCompare(day(a)) || a.name.localeCompare(b.name));
      list.replaceChildren(
        logs.length
          ? table(["File", "Battery", "Day", "Size"], logs.map(row))
          : h("p", null, "None yet."),
      );
      if (!isComplete) list.append(h("p", null, "There are more than can be listed."));
    } catch (error) {
      report(list, error);
    }
  }

  function row({ name, battery, date, bytes: size }) {
    const path = `/api/v1/logs/${encodeURIComponent(name)}`;
    return [link(path, name, name, said), battery ?? "", date ?? "", bytes(size)];
  }
}

function cardParts(card, recording) {
  if (!card) return [h("p", null, "There is no log: it is switched off in the settings.")];
  const logs = card.logs ?? [];
  const sum = (key) =>
    num(
      logs.reduce((total, one) => total + (one[key] ?? 0), 0),
      0,
    );
  return [
    h(
      "p",
      { class: card.is_mounted ? null : "bad" },
      card.is_mounted ? "The card is in and is written to." : "The card is not in use.",
    ),
    card.last_error
      ? h(
          "p",
          { class: card.is_mounted ? "hint" : "bad" },
          `${card.is_mounted ? "Its last trouble" : "Why"}: ${card.last_error}.`,
        )
      : "",
    facts([
      ["Records written since the start", sum("flushed")],
      ["Waiting in memory", sum("waiting")],
      ["Lost", sum("dropped")],
      ["Failed writes", sum("errors")],
      recording?.is_recording
        ? ["Recording frames", `${recording.file}, ${duration(recording.left_s)} left`]
        : null,
    ]),
  ];
}

/** Return a link that downloads; where a token is needed a plain link could not carry it. */
export function link(path, name, label, said) {
  return h("a", { href: path, download: name, onclick: click }, label);

  async function click(event) {
    if (!hasToken()) return;
    event.preventDefault();
    await tell(said, async () => save(await fetchBlob(path), name));
  }
}

/** Have the browser save a Blob under a name. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
