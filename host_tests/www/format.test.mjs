// Numbers as a person reads them; run by host_tests/test_page_js.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barRange,
  bytes,
  duration,
  num,
  signed,
  timeLeft,
} from "../../firmware/www/js/format.js";

test("a number has its digits, its unit and a wide minus", () => {
  assert.equal(num(13.194, 2, "V"), "13.19\u00a0V");
  assert.equal(num(-48.215, 1, "A"), "−48.2\u00a0A");
  assert.equal(num(0, 1, "A"), "0.0\u00a0A");
  assert.equal(num(7, 0), "7");
});

test("nothing is minus zero", () => {
  assert.equal(num(-0.04, 1, "A"), "0.0\u00a0A");
  assert.equal(num(-0.4, 0), "0");
  assert.equal(num(-0.05, 2), "−0.05");
});

test("what is not known is no number", () => {
  for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(num(value, 1, "V"), "—");
    assert.equal(signed(value, 1, "V"), "—");
  }
});

test("charging has a plus, and zero has no sign", () => {
  assert.equal(signed(8.738, 1, "A"), "+8.7\u00a0A");
  assert.equal(signed(-8.738, 1, "A"), "−8.7\u00a0A");
  assert.equal(signed(0.04, 1, "A"), "0.0\u00a0A");
  assert.equal(signed(0, 0, "mV"), "0\u00a0mV");
  assert.equal(signed(0.4, 1), "+0.4");
});

test("a duration has its two largest units", () => {
  const known = [
    [0, "0 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [3569, "59 min"],
    [3570, "1 h 0 min"],
    [39683, "11 h 1 min"],
    [86399, "1 d 0 h"],
    [90000, "1 d 1 h"],
    [null, "—"],
  ];
  for (const [seconds, text] of known) assert.equal(duration(seconds), text);
});

test("a size is in bytes of the power of ten", () => {
  assert.deepEqual([999, 1000, 913408, 2500000, null].map(bytes), [
    "999 B",
    "1.0 kB",
    "913.4 kB",
    "2.5 MB",
    "—",
  ]);
});

test("the time left goes by the current's direction", () => {
  const battery = { remaining_ah: 100, full_ah: 206, current_a: -50 };
  assert.equal(timeLeft(battery), "empty in 2 h 0 min");
  assert.equal(timeLeft({ ...battery, current_a: 53 }), "full in 2 h 0 min");
  assert.equal(
    timeLeft({ ...battery, remaining_ah: 207, current_a: 5 }),
    "full in 0 s",
  );
});

test("there is no time left to tell without a current or a charge", () => {
  const battery = { remaining_ah: 100, full_ah: 206, current_a: 0.4 };
  assert.equal(timeLeft(battery), "");
  assert.equal(timeLeft({ ...battery, current_a: null }), "");
  assert.equal(timeLeft({ ...battery, remaining_ah: null, current_a: 5 }), "");
  assert.equal(timeLeft({ ...battery, full_ah: null, current_a: 5 }), "");
});

test("bars hold every cell and are 0.2 V wide at least", () => {
  assert.deepEqual(barRange([3.298, 3.298, 3.299, 3.299]), [3.2, 3.4]);
  assert.deepEqual(barRange([3.33, 3.35]), [3.3, 3.5]);
  assert.deepEqual(barRange([2.51, 3.64]), [2.4, 3.7]);
  assert.deepEqual(barRange([3.3, null, undefined]), [3.2, 3.4]);
  assert.deepEqual(barRange([0, 0]), [0, 0.2]);
});

test("bars without a cell have a range all the same", () => {
  assert.deepEqual(barRange([]), [3, 3.4]);
  assert.deepEqual(barRange([null, null]), [3, 3.4]);
});
