// Every request to the bridge: its token, its errors as sentences.

import { byId } from "./dom.js";

const KEY = "baybridge.token";
const PATIENCE_MS = 15000;
let token = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);

/** A refusal of the bridge; message is a sentence for a person, problems are its parts. */
export class Refused extends Error {
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

export function headers(more = {}) {
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

export function forgetToken() {
  token = null;
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

export const hasToken = () => Boolean(token);

/** Return the answer of a route as an object; it asks for the token when one is needed. */
export async function ask(path, { method = "GET", body, patience = PATIENCE_MS } = {}) {
  for (;;) {
    const response = await send(path, method, body, patience);
    if (response.ok) return response.status === 204 ? null : response.json();
    const refused = await refusalOf(response);
    const isAboutToken =
      refused.status === 401 || (refused.status === 403 && /token/i.test(refused.message));
    if (!isAboutToken || !(await askForToken(refused.message))) throw refused;
  }
}

/** Return a route's answer as a Blob: for downloads that need a token. */
export async function fetchBlob(path) {
  const response = await send(path, "GET", undefined, 600000);
  if (!response.ok) throw await refusalOf(response);
  return response.blob();
}

async function send(path, method, body, patience) {
  const cutter = new AbortController();
  const timer = setTimeout(() => cutter.abort(), patience);
  try {
    return await fetch(path, {
      method,
      cache: "no-store",
      signal: cutter.signal,
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    const why = error.name === "AbortError" ? "did not answer in time" : "cannot be reached";
    throw new Refused(0, `The bridge ${why}. Is this device still on its network?`);
  } finally {
    clearTimeout(timer);
  }
}

export async function refusalOf(response) {
  let told = {};
  try {
    told = await response.json();
  } catch {
    // Not from the bridge, or cut off: the status has to do.
  }
  return new Refused(
    response.status,
    told.detail ?? `The answer was ${response.status}.`,
    told.problems,
  );
}

let asking = null;

/** Ask the reader for the token; false when they would rather not. One dialog at a time. */
export function askForToken(why) {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token-dialog");
    const input = byId("token-input");
    byId("token-why").textContent = `${why} It is printed on the serial console at every start.`;
    input.value = "";
    dialog.returnValue = "cancel";
    dialog.addEventListener(
      "close",
      () => {
        asking = null;
        const given = input.value.trim();
        if (dialog.returnValue !== "ok" || !given) return resolve(false);
        token = given;
        (byId("token-keep").checked ? localStorage : sessionStorage).setItem(KEY, given);
        resolve(true);
      },
      { once: true },
    );
    dialog.showModal();
    input.focus();
  });
  return asking;
}
