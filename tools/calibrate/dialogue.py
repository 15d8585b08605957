"""What is asked and shown in the terminal while taps are calibrated."""

from tools.calibrate.client import Refused

_NAMES = {"multimeter": "the multimeter", "bms": "the BMS"}


def choose(client, wanted):
    """Return the id of the battery that is meant; the only one with taps if none was named."""
    ids = [battery["id"] for battery in client.get("/api/v1/batteries")["batteries"]]
    if wanted is not None:
        if wanted not in ids:
            raise Refused(f"There is no battery {wanted}. Known: {', '.join(ids)}.")
        return wanted
    wired = [one for one in ids if client.get(_path(one))["taps"]]
    if not wired:
        raise Refused(client.get(_path(ids[0]))["hindrance"])
    if len(wired) > 1:
        raise Refused(f"Taps are wired to {', '.join(wired)}; name one of them.")
    return wired[0]


def show(client, battery):
    """Print how the taps are calibrated."""
    _print_state(_state(client, battery))
    return 0


def against_meter(client, battery, point, is_sure):
    """Ask for a multimeter's readings, show what they would change, keep it if that is wanted."""
    state = _state(client, battery)
    _print_state(state)
    if state["hindrance"]:
        raise Refused(state["hindrance"])
    if point == 2:
        _print_first(state)
    print(
        "\nLeave the black probe of the multimeter on B-, the first cell's negative terminal. "
        "Put the red\none on each tap in turn, and type what it reads, in volts, every digit.\n"
    )
    volts = [_volts(f"  tap {tap['tap']}: ") for tap in state["taps"]]
    print("\nThe bridge compares; right after its start that takes up to a minute.")
    body = {"against": "multimeter", "taps_v": volts, "point": point}
    if not _keep(client, battery, body, is_sure):
        return 1
    if point == 1:
        print(
            "Once the battery's voltage is 10 % higher or lower, a second point is of use: run "
            "this again\nwith --second, before the bridge is started anew."
        )
    return 0


def against_bms(client, battery, is_sure):
    """Show what the BMS's cells would change, keep it if that is wanted."""
    _print_state(_state(client, battery))
    return 0 if _keep(client, battery, {"against": "bms"}, is_sure) else 1


def undo(client, battery, is_sure):
    """Go back to the calibration before, if that is wanted."""
    state = _state(client, battery)
    _print_state(state)
    if all(tap["previous_gain"] is None for tap in state["taps"]):
        raise Refused("There is no earlier calibration to go back to.")
    print("\nThe calibration before:")
    for tap in state["taps"]:
        if tap["previous_gain"] is None:
            print(f"  tap {tap['tap']}: none")
        else:
            when = _made(tap["previous_against"], tap["previous_time"])
            offset = _offset(tap["previous_offset_mv"])
            print(f"  tap {tap['tap']}: gain {tap['previous_gain']:.6f}, offset {offset} ({when})")
    if not _agrees("Go back to it?", is_sure):
        return 1
    client.post(_path(battery), {"undo": True})
    print("Done. The same once more goes forth again.")
    return 0


def _state(client, battery):
    state = client.get(_path(battery))
    if not state["taps"]:
        raise Refused(state["hindrance"])
    return state


def _keep(client, battery, body, is_sure):
    proposed = client.post(_path(battery), {**body, "keep": False})
    _print_proposal(proposed)
    if not _agrees("Keep this?", is_sure):
        return False
    client.post(_path(battery), {**body, "keep": True})
    print("Kept, and in force. --undo goes back.")
    return True


def _agrees(question, is_sure):
    if is_sure:
        return True
    answer = input(f"\n{question} [y/N] ").strip().lower()
    if answer in ("y", "yes"):
        return True
    print("Nothing was changed.")
    return False


def _volts(prompt):
    """Return a number typed in; a comma is a decimal point in half of the world."""
    while True:
        try:
            return float(input(prompt).strip().rstrip("Vv").replace(",", "."))
        except ValueError:
            print("    a number is needed, like 6.625")


def _print_state(state):
    print(f"Taps of {state['id']}:")
    print("  tap      reads      noise       gain     offset   calibrated")
    for tap in state["taps"]:
        if tap["reads_v"] is None:
            reads = f"{tap['state'].replace('_', ' '):>20}"
        else:
            reads = f"{tap['reads_v']:8.3f} V {tap['noise_mv']:7.1f} mV"
        made = _made(tap["calibrated_against"], tap["calibrated_time"])
        offset = _offset(tap["offset_mv"])
        print(f"  {tap['tap']:3} {reads} {tap['gain']:10.6f} {offset:>10}   {made}")
    if state["calibrated"] and not state["independent"]:
        print("They follow the BMS, so they are no second opinion on its cells.")


def _print_first(state):
    first = state["first_point"]
    if first is None:
        raise Refused(
            "There is no first point since the bridge was started; leave --second away to begin."
        )
    volts = ", ".join([f"{one:.3f}" for one in first["taps_v"]])
    print(f"The first point was {volts} V, {first['age_s'] / 3600:.1f} hours ago.")


def _print_proposal(proposed):
    points = "two points" if proposed["point"] == 2 else "one point"
    print(f"\nAgainst {_NAMES[proposed['against']]}, {points}, {proposed['bursts']} bursts:")
    print("  tap   reference      reads       off    gain: old -> new       offset: old -> new")
    for tap in proposed["taps"]:
        print(
            f"  {tap['tap']:3} {tap['reference_v']:9.3f} V {tap['reads_v']:8.3f} V "
            f"{tap['difference_mv']:6.1f} mV  {tap['old_gain']:.6f} -> {tap['gain']:.6f}  "
            f"{_offset(tap['old_offset_mv']):>9} -> {_offset(tap['offset_mv'])}"
        )
        if "residual_mv" in tap:
            print(f"      around it in the mean: {tap['residual_mv']:.1f} mV")
    cells = ", ".join([f"{one:.3f}" for one in proposed["cells_v"]])
    print(f"The cells would be {cells} V.")
    for note in proposed["notes"]:
        print(note)


def _made(against, time):
    if against is None:
        return "never"
    return f"against {_NAMES[against]}, {time or 'at an unknown time'}"


def _offset(offset_mv):
    return f"{offset_mv:.1f} mV"


def _path(battery):
    return f"/api/v1/batteries/{battery}/calibration"
