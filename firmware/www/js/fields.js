// Fields of the configuration: each knows its place in it, as the bridge names it in a problem.

import { h } from "./dom.js";

/** Return a label with an input that edits object[key]; an empty one is null where that is allowed. */
export function field(
  object,
  key,
  label,
  { place, type = "text", empty = "", unit, hint, options, list, ...more } = {},
) {
  const at = place ? `${place}.${key}` : key;
  const hintId = hint ? `hint-${at}` : null;
  const name = unit ? `${label} (${unit})` : label;
  let input;
  if (type === "switch") {
    input = h("input", {
      type: "checkbox",
      checked: Boolean(object[key]),
      onchange: () => (object[key] = input.checked),
    });
  } else if (options) {
    input = h(
      "select",
      {
        onchange: () =>
          (object[key] = options.find(([value]) => String(value) === input.value)[0]),
      },
      options.map(([value, text]) => h("option", { value }, text)),
    );
    input.value = String(object[key]);
  } else {
    input = h("input", {
      type: type === "number" ? "text" : type,
      inputmode: type === "number" ? "decimal" : null,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      list,
      value: object[key] ?? "",
      oninput: () => {
        object[key] = typed(input.value, type, empty);
        unmark(input);
      },
      ...more,
    });
  }
  input.dataset.place = at;
  if (hintId) input.setAttribute("aria-describedby", hintId);
  const hinted = hint ? h("small", { id: hintId }, hint) : null;
  return type === "switch"
    ? h("label", { class: "check" }, input, " ", name, hinted ? " " : null, hinted)
    : h("label", null, name, input, hinted);
}

/** Return what a text means: a number where it is one, and else itself, for the bridge to refuse. */
export function typed(text, type, empty) {
  const trimmed = type === "password" ? text : text.trim();
  if (trimmed === "") return empty;
  if (type !== "number") return trimmed;
  const number = Number(trimmed.replace(",", "."));
  return Number.isFinite(number) ? number : trimmed;
}

function unmark(input) {
  input.removeAttribute("aria-invalid");
  if (input.nextSibling?.className === "bad") input.nextSibling.remove();
}

/** Return the field of a place; of a place with several its first one. */
export function fieldOf(root, place) {
  const fields = [...root.querySelectorAll("[data-place]")];
  return (
    fields.find(({ dataset }) => dataset.place === place) ??
    fields.find(
      ({ dataset }) =>
        /^[.[]/.test(dataset.place.slice(place.length)) && dataset.place.startsWith(place),
    )
  );
}

/** Return what a place is called on the page: the part it is in, and its label. */
export function nameOf(root, place) {
  const input = fieldOf(root, place);
  if (!input) return place;
  const partOf = (kind) => input.closest(kind).firstChild.textContent;
  if (place.endsWith(".taps")) return `${partOf("fieldset")} · Balance harness`;
  if (input.dataset.place !== place) return partOf("details");
  const texts = [...input.closest("label").childNodes].filter((one) => one.nodeType === 3);
  const label = texts.map((one) => one.data).join("");
  return `${partOf("fieldset, details")} · ${label.trim()}`;
}

/** Mark the fields that problems are about, and go to the first of them. */
export function markProblems(root, problems) {
  for (const old of root.querySelectorAll("[aria-invalid]")) unmark(old);
  let first = null;
  for (const { place, message } of problems) {
    const input = place && fieldOf(root, place);
    if (!input) continue;
    input.setAttribute("aria-invalid", "true");
    // Inside the label, so that it is read aloud with the field's name.
    input.after(h("small", { class: "bad" }, message));
    const closed = input.closest("details:not([open])");
    if (closed) closed.open = true;
    first ??= input;
  }
  first?.focus();
}
