// What is sent of the settings, and what an old copy may not undo.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, follow, whole } from "../../firmware/www/js/stored.js";

const TAP = { pin: 32, top_ohm: 103000, bottom_ohm: 100000 };
const CALIBRATED = {
  ...TAP,
  gain: 1.01,
  calibrated_time: "2026-11-22T15:30:00Z",
};

function config(tap = TAP, more = {}) {
  return {
    batteries: [{ id: "a", name: "A", taps: [{ ...tap }] }],
    wifi: { ssid: "", password: null },
    led: { pin: null },
    ...more,
  };
}

test("changed: only the parts at the top that are not as stored", () => {
  const mine = config();
  mine.led.pin = 4;
  assert.deepEqual(changed(mine, config()), { led: { pin: 4 } });
  assert.deepEqual(changed(config(), config()), {});
});

test("whole: a battery without taps gets none", () => {
  assert.deepEqual(whole({ batteries: [{ id: "a" }] }), {
    batteries: [{ id: "a", taps: [] }],
  });
});

test("follow: what was not edited is as it is stored now", () => {
  const mine = config();
  mine.led.pin = 4;
  follow(
    mine,
    config(),
    config(CALIBRATED, { wifi: { ssid: "boat", password: "***" } }),
  );
  assert.deepEqual(mine.wifi, { ssid: "boat", password: "***" });
  assert.deepEqual(mine.batteries[0].taps, [CALIBRATED]);
  assert.deepEqual(mine.led, { pin: 4 });
});

test("follow: what is typed afterwards is not in the fresh one", () => {
  const mine = config();
  const fresh = config(CALIBRATED);
  follow(mine, config(), fresh);
  mine.batteries[0].name = "B";
  assert.equal(fresh.batteries[0].name, "A");
});

test("follow: of edited batteries only the calibration, also one that was taken back", () => {
  const mine = config();
  mine.batteries[0].name = "Mine";
  follow(mine, config(), config(CALIBRATED));
  assert.equal(mine.batteries[0].name, "Mine");
  assert.deepEqual(mine.batteries[0].taps, [CALIBRATED]);
  follow(mine, config(CALIBRATED), config());
  assert.deepEqual(mine.batteries[0].taps, [TAP]);
});

test("follow: the calibration of other resistors is not that of the ones typed", () => {
  const mine = config({ ...TAP, top_ohm: 110000 });
  follow(mine, config(), config(CALIBRATED));
  assert.deepEqual(mine.batteries[0].taps, [{ ...TAP, top_ohm: 110000 }]);
});
