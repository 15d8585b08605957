// Puts the page together: which view is shown, and what the header says of the bridge.

import * as batteries from "./batteries.js";
import * as diagnostics from "./diagnostics.js";
import { byId, setText } from "./dom.js";
import * as files from "./files.js";
import { duration } from "./format.js";
import * as history from "./history.js";
import { isGone, link, onChange, run, state } from "./live.js";
import { loadProblems, showNotices } from "./notices.js";
import * as settings from "./settings.js";

// A view has show(place), which fills it and returns what to do when the reader leaves.
const VIEWS = {
  "": batteries,
  history,
  files,
  settings,
  diagnostics,
};

let boot = null;
let leave = null;
let shown = null;

function route() {
  // "#main" is the skip link's, and no view.
  if (!/^#?(\/|$)/.test(location.hash)) return;
  const name = location.hash.replace(/^#\//, "").split("/")[0];
  const view = VIEWS[name] ?? batteries;
  if (view === shown) return;
  const main = byId("main");
  // Left without a word, what was typed would be lost.
  if (leave?.(true) === false) {
    window.history.back();
    return;
  }
  main.replaceChildren();
  leave = view.show(main);
  for (const anchor of document.querySelectorAll("nav a")) {
    const isHere = VIEWS[anchor.getAttribute("href").slice(2)] === view;
    if (isHere) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  // A screen reader goes where the eye goes; not when the page has just been opened.
  if (shown) {
    main.focus();
    scrollTo(0, 0);
  }
  shown = view;
}

function linkText() {
  if (!link.heardMs) return link.error ? "Not connected" : "Connecting to the bridge…";
  const age = (Date.now() - link.heardMs) / 1000;
  if (isGone()) return `Not heard for ${duration(age)}`;
  if (link.error) return `No answer for ${duration(age)}, trying again`;
  return link.way === "polling" ? "Connected, asking every 5 s" : "Live";
}

function linkState() {
  if (isGone()) return "gone";
  return link.error ? "trying" : link.way;
}

function showBridge() {
  setText(byId("link-state"), linkText());
  document.body.dataset.link = linkState();
  showNotices();
  if (!state.bridge) return;
  if (state.bridge.boot !== boot) loadProblems();
  boot = state.bridge.boot;
  setText(byId("bridge-name"), state.bridge.name);
  document.title = title();
  setText(
    byId("about"),
    `Bay Bridge ${state.bridge.version}, start number ${state.bridge.boot}, ` +
      `running for ${duration(state.uptime_s)}.`,
  );
}

function title() {
  if (isGone()) return `? · ${state.bridge.name}`;
  const all = [...(state.bridge.alarms ?? []), ...state.batteries.flatMap((one) => one.alarms)];
  const soc = state.batteries[0]?.bms.soc_pct ?? null;
  const head = all.length ? `(${all.length}) ` : "";
  return head + (soc === null ? "" : `${soc} % · `) + state.bridge.name;
}

// "light" and "dark" are the reader's word; without one the device decides.
const THEME = "baybridge.theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function setTheme() {
  const theme = localStorage.getItem(THEME) ?? (prefersDark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event("theme"));
}

function changeTheme() {
  const isDark = document.documentElement.dataset.theme === "dark";
  localStorage.setItem(THEME, isDark ? "light" : "dark");
  setTheme();
}

setTheme();
prefersDark.addEventListener("change", setTheme);
byId("theme").addEventListener("click", changeTheme);
byId("token-cancel").addEventListener("click", () => byId("token-dialog").close());
addEventListener("hashchange", route);
onChange(showBridge);
route();
run();
