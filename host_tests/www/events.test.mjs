// Server-sent events out of pieces of any length; run by host_tests/test_page_js.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventReader } from "../../firmware/www/js/events.js";

const STREAM =
  'retry: 3000\n\nid: 1\nevent: state\ndata: {"a":1}\n\nid: 2\nevent: ping\ndata: {}\n\n';
const EVENTS = [
  { event: "state", data: '{"a":1}' },
  { event: "ping", data: "{}" },
];

test("events come out of one piece", () => {
  assert.deepEqual(new EventReader().feed(STREAM), EVENTS);
});

test("events come out of every two pieces, and of single characters", () => {
  for (let i = 0; i <= STREAM.length; i += 1) {
    const reader = new EventReader();
    assert.deepEqual(
      [...reader.feed(STREAM.slice(0, i)), ...reader.feed(STREAM.slice(i))],
      EVENTS,
    );
  }
  const reader = new EventReader();
  assert.deepEqual(
    [...STREAM].flatMap((one) => reader.feed(one)),
    EVENTS,
  );
});

test("an event that is not complete is not there", () => {
  const reader = new EventReader();
  assert.deepEqual(reader.feed("event: ping\ndata: {}\n"), []);
  assert.deepEqual(reader.feed("\n"), [{ event: "ping", data: "{}" }]);
});

test("lines may end with CR LF", () => {
  const told = new EventReader().feed(STREAM.replaceAll("\n", "\r\n"));
  assert.deepEqual(told, EVENTS);
});

test("a field needs no space, and one space only is left out", () => {
  const told = new EventReader().feed("event:x\ndata:  two\n\n");
  assert.deepEqual(told, [{ event: "x", data: " two" }]);
});

test("data of several lines is joined, and an event has a name without one", () => {
  const told = new EventReader().feed("data: a\ndata\ndata: b: c\n\n");
  assert.deepEqual(told, [{ event: "message", data: "a\n\nb: c" }]);
});

test("comments, unknown fields and events without data are passed over", () => {
  assert.deepEqual(
    new EventReader().feed(
      ": still here\n\nevent: x\n\nid: 7\nfoo: bar\n\n\n\n",
    ),
    [],
  );
});
