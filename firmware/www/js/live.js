// The readings as they come: server-sent events, or polling where those cannot be had.
//
// EventSource cannot send a token and says nothing of why it failed, so the stream is read with
// fetch. What counts for the reader is how old the last word of the bridge is; that is watched
// here whichever way it comes.

import { ask, headers, refusalOf } from "./api.js";
import { EventReader } from "./events.js";

const ALL = "/api/v1/batteries";
const POLL_MS = 5000;
// Three pings of the stream, or three polls with their patience, and the bridge counts as gone.
const GONE_MS = 30000;
const RETRY_MS = 3000;
// After this many failed streams in a row polling takes over for a while.
const STREAM_FAILURES = 2;
const POLLING_MS = 60000;
// The stream tells of batteries. The bank, the bridge's own alarms, and that a value has become
// too old without another one coming, are in the whole.
const WHOLE_MS = 9000;

export const state = { time: null, uptime_s: null, bridge: null, bank: null, batteries: [] };
/** When the bridge was last heard, and how: "stream", "polling" or "none"; error is a Refused. */
export const link = { heardMs: 0, way: "none", error: null };

const listeners = new Set();
const heard = new Map();
let wholeMs = 0;
// Set when the reader has asked and got an answer: then a stream may be had, too.
let isAnswered = false;
// When this page began to listen: what was silent while nobody looked is not gone yet.
let sinceMs = Date.now();

/** Call back after every change of the state or the link; returns how to stop. */
export function onChange(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export const isGone = () => Date.now() - Math.max(link.heardMs, sinceMs) > GONE_MS;

/** Return how old a battery's values are by now, in seconds, or null if they never came. */
export function ageOf(battery) {
  if (battery.bms.age_s === null) return null;
  const at = heard.get(battery.id) ?? Date.now();
  return battery.bms.age_s + (Date.now() - at) / 1000;
}

/** Follow the bridge for ever. */
export async function run() {
  setInterval(tell, 1000);
  document.addEventListener("visibilitychange", () => {
    sinceMs = Date.now();
  });
  let failures = 0;
  let hasAsked = false;
  for (;;) {
    if (document.hidden) await untilVisible();
    try {
      await stream();
      failures = 0;
    } catch (error) {
      fail(error);
      if (error.status === 401 && !hasAsked) {
        hasAsked = true;
        await refresh().catch(fail);
        continue;
      }
      // Two others may have the bridge's two streams, or it has none: no point in trying soon.
      const isLasting = error.status === 503 || error.status === 404;
      failures = isLasting ? STREAM_FAILURES : failures + 1;
      await pollFor(failures >= STREAM_FAILURES ? POLLING_MS : RETRY_MS);
    }
  }
}

/** Ask for everything now; the token's dialog may open. */
export async function refresh() {
  takeAll(await ask(ALL));
  isAnswered = true;
  hear(link.way === "none" ? "polling" : link.way);
  tell();
}

function tell() {
  for (const callback of listeners) callback();
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function untilVisible() {
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true });
  });
}

function hear(way) {
  link.heardMs = Date.now();
  link.way = way;
  link.error = null;
}

function fail(error) {
  link.error = error;
  tell();
}

function takeAll(all) {
  Object.assign(state, all);
  wholeMs = Date.now();
  for (const battery of all.batteries) heard.set(battery.id, wholeMs);
}

async function pollFor(ms) {
  const end = Date.now() + ms;
  isAnswered = false;
  do {
    try {
      // A token is asked for once, by the page; not again at every poll.
      takeAll(await ask(ALL, { asksToken: false }));
      hear("polling");
      tell();
    } catch (error) {
      fail(error);
    }
    await pause(Math.min(POLL_MS, ms));
  } while (Date.now() < end && !document.hidden && !isAnswered);
}

async function stream() {
  const cutter = new AbortController();
  const watch = setInterval(() => {
    if (document.hidden || (link.way === "stream" && isGone())) cutter.abort();
  }, 1000);
  try {
    const response = await fetch("/api/v1/events", {
      cache: "no-store",
      headers: headers(),
      signal: cutter.signal,
    });
    if (!response.ok) throw await refusalOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The bridge ended the connection.");
      for (const one of events.feed(value)) take(one);
    }
  } catch (error) {
    if (document.hidden) return;
    throw error;
  } finally {
    clearInterval(watch);
    cutter.abort();
  }
}

function take({ event, data }) {
  const told = JSON.parse(data);
  hear("stream");
  if (event === "state") takeAll(told);
  else if (event === "battery") replaceBattery(told);
  else if (event === "alarm") {
    const battery = state.batteries.find((one) => one.id === told.battery);
    if (battery) battery.alarms = told.alarms;
  } else if (event === "ping") {
    state.uptime_s = told.uptime_s;
    state.time = told.time;
    if (Date.now() - wholeMs > WHOLE_MS) ask(ALL, { asksToken: false }).then(takeAll, () => {});
  }
  tell();
}

function replaceBattery(battery) {
  heard.set(battery.id, Date.now());
  const i = state.batteries.findIndex((one) => one.id === battery.id);
  if (i >= 0) state.batteries[i] = battery;
  else state.batteries.push(battery);
}
