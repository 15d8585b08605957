// What the form holds against what the bridge has stored: each part at the top for itself.
//
// Only parts that were changed here are sent. A calibration, the test of a network or another
// phone may have changed the others meanwhile, and an old copy would undo that.

const WIRED = ["pin", "top_ohm", "bottom_ohm"];

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Put in what the bridge leaves out of a configuration; return it. */
export function whole(config) {
  for (const battery of config.batteries) battery.taps ??= [];
  return config;
}

/** Return the parts of a configuration that are not as they are stored. */
export function changed(config, stored) {
  return Object.fromEntries(
    Object.entries(config).filter(([key, part]) => !isSame(part, stored[key])),
  );
}

/** Bring a configuration up to date with a fresh one, except for what was changed since stored. */
export function follow(config, stored, fresh) {
  const mine = changed(config, stored);
  for (const [key, part] of Object.entries(fresh)) {
    // Not the same objects: what is typed must not look stored.
    if (!(key in mine)) config[key] = structuredClone(part);
  }
  if (mine.batteries) followCalibration(config, fresh);
}

// The batteries were edited and calibrated: the calibration is nothing anybody typed.
function followCalibration(config, fresh) {
  const known = fresh.batteries.flatMap((battery) => battery.taps);
  for (const tap of config.batteries.flatMap((battery) => battery.taps)) {
    const one = known.find((other) => WIRED.every((key) => other[key] === tap[key]));
    if (!one) continue;
    for (const key of Object.keys(tap)) if (!(key in one)) delete tap[key];
    Object.assign(tap, one);
  }
}
