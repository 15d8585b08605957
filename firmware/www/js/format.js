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
  return unit ? `${text} ${unit}` : text;
}

export function signed(value, digits, unit) {
  return (value > 0 ? "+" : "") + num(value, digits, unit);
}

/** Return a duration in its two largest units. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  const minutes = Math.floor(seconds / 60);
  if (seconds < 86400) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
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
