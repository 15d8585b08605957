"""The board's main.py: safe mode or the version that is chosen, and what happens when it ends.

Not in boot.py, so that a tool can stop it with a soft reset (house.md 3). No update replaces it:
all a version has to offer is baybridge.app_start.run(slot, box, root).
"""

import machine
import sys
import time

# A tool that connects, or somebody with a cable, has this long to stop a board that crashes.
_REST_S = 5


def start(root=""):
    """Run until it ends, then say why and start the board again; a Ctrl-C returns."""
    import black_box

    box = black_box.BlackBox()
    slot = ""
    try:
        if box.is_safe:
            import safe_mode

            safe_mode.run(box, root)
        _keep_record(box, root)
        slot = _choose(box, root)
        from baybridge import app_start

        app_start.run(slot, box, root)
        box.plan_reset("the application ended")
    except KeyboardInterrupt:
        # Somebody at the console wants the prompt.
        box.plan_reset("stopped at the console")
        print("stopped; the watchdog resets the board within a minute")
        return
    except SystemExit:
        raise  # a reset under way, where this is tried out on a computer
    except BaseException as exc:
        if not _crash(exc, box, slot, root):
            return
    machine.reset()


def _choose(box, root):
    import slots

    is_wake = machine.reset_cause() == machine.DEEPSLEEP_RESET
    state = slots.choose(root, box.is_crash, is_wake)
    # Whoever asks for it again loads it again: the application needs the memory now.
    del sys.modules["slots"]
    if state.slot:
        # Before the frozen version, and as a whole: the manifest has been looked at.
        sys.path.insert(0, "%s/%s" % (root, state.slot))
    return state.slot


def _keep_record(box, root):
    # Now, not when it happened: then there may have been no memory for it, and no working flash.
    if not box.is_crash and not box.record:
        return
    import crash_record

    cause = "watchdog" if machine.reset_cause() == machine.WDT_RESET else "reset"
    record = box.record or "No record: the chip itself failed, or the supply did."
    try:
        crash_record.keep("ended by: %s\n%s" % (cause, record), root)
        box.forget_record()
        del sys.modules["crash_record"]
    except OSError as exc:
        print("%s cannot be written: %s" % (crash_record.FILE, exc))


def _crash(exc, box, slot, root):
    # Returns whether the board is to start again.
    try:
        import crash_record

        text = crash_record.text_of(exc, box.notes, root)
        print(text)
        box.note_crash("slot: %s\n%s" % (slot or "-", text))
        import slots

        slots.crashed(slot, root)
        time.sleep(_REST_S)
    except KeyboardInterrupt:
        print("stopped after a crash; the watchdog resets the board within a minute")
        return False
    except Exception as other:
        print("the crash could not be noted:", other)
    return True


if __name__ == "__main__":
    start()
