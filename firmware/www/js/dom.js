// Elements without a framework: h("p", {class: "x"}, "text", child) makes one.

/** Return a new element; on* functions become listeners, null and false attributes are left out. */
export function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(
    ...children
      .flat(9)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Set an element's text if it differs: a screen reader repeats what is written again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set a CSS custom property; a style attribute would be against the page's own policy. */
export function setVar(element, name, value) {
  element.style.setProperty(name, value);
}

/** Return a table of rows; the first cell of each is its header. */
export function facts(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.filter(Boolean).map(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
  );
}

/** Show what went wrong with something the reader asked for, beside where they asked. */
export function report(place, error) {
  const problems = (error?.problems ?? []).map((one) =>
    h("li", null, one.place ? h("code", null, one.place) : null, " ", one.message),
  );
  place.replaceChildren(
    h("p", { class: "bad" }, error.message),
    problems.length ? h("ul", null, problems) : "",
  );
}
