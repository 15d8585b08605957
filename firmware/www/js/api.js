// Every request to the bridge: its token, its errors as sentences.

import { byId } from "./dom.js";

const KEY = "baybridge.token";
const PATIENCE_MS = 15000;
const DOWNLOAD_MS = 600000;
const UNREACHABLE = "Is this device still on the bridge's network, and has the bridge power?";
const MISSING = "This bridge cannot do that: its firmware is older than this page.";
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
export async function ask(
  path,
  { method = "GET", body, patience = PATIENCE_MS, asksToken = true } = {},
) {
  for (;;) {
    try {
      return await send(path, method, body, patience, (response) =>
        response.status === 204 ? null : response.json(),
      );
    } catch (error) {
      const isAboutToken =
        error.status === 401 || (error.status === 403 && /token/i.test(error.message));
      if (!isAboutToken || !asksToken || !(await askForToken(error.message))) throw error;
    }
  }
}

/** Return a route's answer as a Blob: for downloads that need a token. */
export function fetchBlob(path) {
  return send(path, "GET", undefined, DOWNLOAD_MS, (response) => response.blob());
}

// The patience lasts until the answer has been read, not only until it begins.
async function send(path, method, body, patience, read) {
  const cutter = new AbortController();
  const timer = setTimeout(() => cutter.abort(), patience);
  try {
    const response = await fetch(path, {
      method,
      cache: "no-store",
      signal: cutter.signal,
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await refusalOf(response);
    return await read(response);
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (error.name === "SyntaxError") throw new Refused(0, "The bridge's answer was cut off.");
    const why = error.name === "AbortError" ? "did not answer in time" : "cannot be reached";
    throw new Refused(0, `The bridge ${why}. ${UNREACHABLE}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Return what an answer that is no success says, as a Refused. */
export async function refusalOf(response) {
  let told = {};
  try {
    told = await response.json();
  } catch {
    // Not from the bridge, or cut off: the status has to do.
  }
  const { status } = response;
  // Sent on and on, a token that is not the one would get this device locked out.
  if (status === 401) forgetToken();
  const isMissing =
    status === 405 || (status === 404 && /^Nothing/.test(told.detail ?? "Nothing"));
  const detail = isMissing ? MISSING : (told.detail ?? `The bridge answered with ${status}.`);
  return new Refused(status, detail, told.problems);
}

let asking = null;

/** Ask the reader for the token; false when they would rather not. One dialog at a time. */
export function askForToken(why) {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token-dialog");
    const input = byId("token-input");
    byId("token-why").textContent =
      `${why} The bridge prints its token on the serial console at every start.`;
    input.value = "";
    dialog.returnValue = "";
    dialog.addEventListener(
      "close",
      () => {
        asking = null;
        const given = input.value.trim();
        if (dialog.returnValue !== "ok" || !given) return resolve(false);
        forgetToken();
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
