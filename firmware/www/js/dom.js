// Elements without a framework: h("p", {class: "x"}, "text", child) makes one.

/** Return a new element; on* functions become listeners, null and false are left out. */
export function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  const shown = (child) => child !== null && child !== undefined && child !== false;
  element.append(...children.flat(9).filter(shown));
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

/** Have a screen reader say something that is to be seen elsewhere. */
export function say(text) {
  byId("said").textContent = text;
}

/** Return a button that does what it says, and is grey meanwhile. */
export function button(label, act, kind = "quiet") {
  const element = h("button", { type: "button", class: kind, onclick: press }, label);
  return element;

  async function press() {
    element.disabled = true;
    try {
      await act();
    } finally {
      element.disabled = false;
      // A disabled button loses the focus, and with it a keyboard its place.
      if (document.activeElement === document.body && element.isConnected) element.focus();
    }
  }
}

/** Return a place where answers appear and are read aloud. */
export function answers() {
  return h("div", { class: "said", role: "status" });
}

/** Do something and put what it says, or why it failed, into a place. */
export async function tell(place, act) {
  try {
    const told = await act();
    if (told)
      place.replaceChildren(
        ...[told].flat().map((one) => (one.nodeType ? one : h("p", null, one))),
      );
  } catch (error) {
    report(place, error);
  }
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

/** Return a list of names and values. */
export function facts(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.filter(Boolean).map(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
  );
}

/** Return a table that scrolls by itself where the screen is narrow. */
export function table(heads, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") },
    h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          heads.map((one) => h("th", { scope: "col" }, one)),
        ),
      ),
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            null,
            row.map((one) => h("td", null, one)),
          ),
        ),
      ),
    ),
  );
}
