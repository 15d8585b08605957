"""The diagnostics of a start: which version runs, and which one was left and why."""

import slots
from baybridge.record.diagnostics import start_json


class Box:
    crashes = 2


class Start:
    box = Box

    def __init__(self, slot, state):
        self.slot = slot
        self.slots = lambda: state


def test_start_when_a_trial_runs_then_both_versions_and_its_tries():
    assert start_json(Start("b", slots.State("a", "b", 1))) == (
        '{"slot":"b","known_good":"a","on_trial":"b","tried":1,"left":null,'
        '"left_because":null,"crashes_in_row":2}'
    )


def test_start_when_a_version_was_left_then_why():
    assert start_json(Start("a", slots.State("a", failed="b", why="crashed"))) == (
        '{"slot":"a","known_good":"a","on_trial":null,"tried":0,"left":"b",'
        '"left_because":"crashed","crashes_in_row":2}'
    )


def test_start_when_frozen_then_no_folder_and_elsewhere_null():
    assert start_json(Start("", slots.State())) == (
        '{"slot":null,"known_good":null,"on_trial":null,"tried":0,"left":null,'
        '"left_because":null,"crashes_in_row":2}'
    )
    assert start_json(None) == "null"
