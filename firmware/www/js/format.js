// Numbers and times as a person reads them; "—" is what is not known.

export const UNKNOWN = "—";

/** Return a number with its unit, or the mark for an unknown one. */
export function num(value, digits, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  // A minus as wide as a digit, and no "-0.0".
  const text = value
    .toFixed(digits)
    .replace(/^-(?=0(\.0*)?$)/, "")
    .replace("-", "−");
  // A unit alone on the next line belongs to nothing.
  return unit ? `${text}\u00a0${unit}` : text;
}

/** Return a number with its sign, so that charging and discharging look different. */
export function signed(value, digits, unit) {
  const text = num(value, digits, unit);
  return value > 0 && text !== UNKNOWN && !/^0(\.0*)?(\s|$)/.test(text) ? `+${text}` : text;
}

/** Return a duration in its two largest units. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function bytes(n) {
  if (n === null || n === undefined) return UNKNOWN;
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

/** Return a time of the bridge in the reader's own zone. */
export function localTime(iso) {
  return iso ? new Date(iso).toLocaleString() : UNKNOWN;
}

/** Return in words how long a battery lasts at its present current, or "" if that says nothing. */
export function timeLeft({ remaining_ah: left, full_ah: full, current_a: current }) {
  // Below this the BMS's own zero is most of it.
  if (left === null || current === null || Math.abs(current) < 0.5) return "";
  if (current < 0) return `empty in ${duration((left / -current) * 3600)}`;
  if (full === null || full === undefined) return "";
  return `full in ${duration((Math.max(full - left, 0) / current) * 3600)}`;
}

/** Return [low, high] in V for bars of these cells: tenths, 0.2 V at least, so that a spread shows. */
export function barRange(cells) {
  const known = cells.filter((v) => v !== null && v !== undefined);
  if (!known.length) return [3, 3.4];
  const low = Math.max(Math.floor(Math.min(...known) * 10 - 0.2), 0);
  const high = Math.max(Math.ceil(Math.max(...known) * 10 + 0.2), low + 2);
  return [low / 10, high / 10];
}
