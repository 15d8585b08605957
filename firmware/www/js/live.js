// The readings as they come: server-sent events, or polling where those cannot be had.
//
// EventSource cannot send a token and says nothing of why it failed, so the stream is read with
// fetch. What counts for the reader is how old the last word of the bridge is; that is watched
// here whichever way it comes.

import { ask, headers, refusalOf } from "./api.js";

const POLL_MS = 5000;
// Three pings of the stream, or three polls, and the bridge counts as gone.
const GONE_MS = 30000;
const RETRY_MS = 3000;
// After this many failed streams in a row polling takes over for a while.
const STREAM_FAILURES = 2;
const POLLING_MS = 60000;

export const state = { time: null, uptime_s: null, bridge: null, bank: null, batteries: [] };
/** When the bridge was last heard, and how: "stream", "polling" or "none". */
export const link = { heardMs: 0, way: "none", error: null };

const listeners = new Set();
const heard = new Map();

/** Call back after every change of the state or the link; returns how to stop. */
export function onChange(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export const isGone = () => link.heardMs > 0 && Date.now() - link.heardMs > GONE_MS;

/** Return how old a battery's values are by now, in seconds, or null if they never came. */
export function ageOf(battery) {
  if (battery.bms.age_s === null) return null;
  const at = heard.get(battery.id) ?? Date.now();
  return battery.bms.age_s + (Date.now() - at) / 1000;
}

export async function run() {
  setInterval(tell, 1000);
  let failures = 0;
  for (;;) {
    if (document.hidden) await untilVisible();
    try {
      await stream();
      failures = 0;
    } catch (error) {
      // Two others may have the bridge's two streams; then there is no point in trying soon.
      failures = error.status === 503 ? STREAM_FAILURES : failures + 1;
      link.error = error.message;
      tell();
      await pollFor(failures >= STREAM_FAILURES ? POLLING_MS : RETRY_MS);
    }
  }
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

function takeAll(all) {
  Object.assign(state, all);
  for (const battery of all.batteries) heard.set(battery.id, Date.now());
}

async function pollFor(ms) {
  const end = Date.now() + ms;
  do {
    try {
      takeAll(await ask("/api/v1/batteries"));
      hear("polling");
    } catch (error) {
      link.error = error.message;
    }
    tell();
    await pause(Math.min(POLL_MS, ms));
  } while (Date.now() < end && !document.hidden);
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
    if (response.status === 401) {
      // The token's dialog is ask()'s affair.
      takeAll(await ask("/api/v1/batteries"));
      return;
    }
    if (!response.ok) throw await refusalOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The bridge ended the connection.");
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  } catch (error) {
    if (document.hidden) return;
    throw error;
  } finally {
    clearInterval(watch);
    cutter.abort();
  }
}

function take(block) {
  let name = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (!data) return;
  const told = JSON.parse(data);
  hear("stream");
  if (name === "state") takeAll(told);
  else if (name === "battery") replaceBattery(told);
  else if (name === "alarm") {
    const battery = state.batteries.find((one) => one.id === told.battery);
    if (battery) battery.alarms = told.alarms;
  } else if (name === "ping") {
    state.uptime_s = told.uptime_s;
    state.time = told.time;
  }
  tell();
}

function replaceBattery(battery) {
  heard.set(battery.id, Date.now());
  const i = state.batteries.findIndex((one) => one.id === battery.id);
  if (i >= 0) state.batteries[i] = battery;
  else state.batteries.push(battery);
}
