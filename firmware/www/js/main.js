// Puts the page together: which view is shown, and what the header says of the bridge.

import * as batteries from "./batteries.js";
import * as diagnostics from "./diagnostics.js";
import { byId, setText } from "./dom.js";
import * as files from "./files.js";
import { duration } from "./format.js";
import * as history from "./history.js";
import { isGone, link, onChange, run, state } from "./live.js";
import * as settings from "./settings.js";

// A view has show(place), which fills it and returns what to do when the reader leaves.
const VIEWS = {
  "": batteries,
  history,
  files,
  settings,
  diagnostics,
};

let leave = null;

function route() {
  if (!/^#?(\/|$)/.test(location.hash)) return;
  const name = location.hash.replace(/^#\//, "").split("/")[0];
  const view = VIEWS[name] ?? batteries;
  leave?.();
  const main = byId("main");
  main.replaceChildren();
  leave = view.show(main);
  for (const anchor of document.querySelectorAll("nav a")) {
    const isHere = VIEWS[anchor.getAttribute("href").slice(2)] === view;
    if (isHere) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

function showLink() {
  const age = link.heardMs ? (Date.now() - link.heardMs) / 1000 : null;
  const text =
    age === null
      ? (link.error ?? "Connecting to the bridge…")
      : isGone()
        ? `Not heard for ${duration(age)}`
        : link.way === "polling"
          ? "Connected, asking every 5 s"
          : "Live";
  setText(byId("link-state"), text);
  document.body.dataset.link = age === null ? "none" : isGone() ? "gone" : link.way;
  const gone = byId("gone");
  gone.hidden = !isGone();
  if (isGone()) {
    setText(
      gone,
      "The bridge does not answer any more. What you see below is what it said last, not what " +
        "is now. Is this device still on the bridge's network, and has the bridge power?",
    );
  }
  if (state.bridge) {
    setText(byId("bridge-name"), state.bridge.name);
    document.title = title();
    const clock = state.bridge.time_is_set ? "" : " Its clock is not set: see Settings.";
    setText(
      byId("about"),
      `Bay Bridge ${state.bridge.version}, start number ${state.bridge.boot}, ` +
        `running for ${duration(state.uptime_s)}.${clock}`,
    );
  }
}

function title() {
  const alarms = state.batteries.flatMap((battery) => battery.alarms).length;
  const soc = state.batteries[0]?.bms.soc_pct;
  const head = alarms ? `(${alarms}) ` : "";
  return head + (soc === null || soc === undefined ? "" : `${soc} % · `) + state.bridge.name;
}

// "light" and "dark" are the reader's word; without one the device decides.
function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

function changeTheme() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  const theme = isDark ? "light" : "dark";
  localStorage.setItem("baybridge.theme", theme);
  setTheme(theme);
}

setTheme(localStorage.getItem("baybridge.theme"));
byId("theme").addEventListener("click", changeTheme);
addEventListener("hashchange", route);
onChange(showLink);
route();
run();
