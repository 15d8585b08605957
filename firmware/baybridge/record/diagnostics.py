"""How the bridge itself does, as JSON: what an owner sends in when something is odd."""

from baybridge.record.json_text import array, fixed, flag, object_of, text, texts


def sections(app, version):
    """Yield the name and the JSON of every section; one at a time is in memory."""
    board = app.ports.board
    yield "version", text(version)
    yield "boot", fixed(app.boot, 0)
    yield "board", text(board.machine)
    yield "interpreter", text(board.micropython)
    yield "reset_cause", text(board.reset_cause)
    yield "reset_reason", text(board.reset_reason)
    yield "start", start_json(app.start)
    yield "crashes", texts(app.start.crashes() if app.start else [])
    yield "config_problems", texts(app.problems)
    yield "heap", heap_json(board)
    yield "tasks", tasks_json(app.supervisor.jobs)
    yield "radio", radio_json(app.central, app.links, app.ladder)
    yield "batteries", batteries_json(app.batteries, app.ports.clock.uptime_s10())
    yield "counters", keeping_json(app.keeper, app.batteries)
    yield "http", http_json(app.guard, app.gate)
    yield "wifi", wifi_json(app.wifi)
    yield "access_point", access_json(app.network.access)
    yield "time", time_json(app.time)
    yield "card", card_json(app.card, app.logs)
    yield "adc", adc_json(app.adc)
    yield "power", _power(app)
    yield "recording", recording_json(app.recorders)


def _power(app):
    from baybridge.record.power_json import power_json

    return power_json(app.config["power"], app.power and app.power.reason)


def start_json(start) -> str:
    """The version that runs, the one on trial, the one that was left and why; null elsewhere."""
    if start is None:
        return "null"
    slots = start.slots()
    return object_of(
        (
            ("slot", text(start.slot or None)),
            ("known_good", text(slots.run or None)),
            ("on_trial", text(slots.trial or None)),
            ("tried", fixed(slots.tried, 0)),
            ("left", text(slots.failed or None)),
            ("left_because", text(slots.why or None)),
            ("crashes_in_row", fixed(start.box.crashes, 0)),
        )
    )


def heap_json(board) -> str:
    """Memory in use and left, in bytes: ours, and the chip's, on which the radios live."""
    free, largest, least = board.own_heap() or (None, None, None)
    return object_of(
        (
            ("used_bytes", fixed(board.heap_used(), 0)),
            ("free_bytes", fixed(board.heap_free(), 0)),
            ("chip_free_bytes", fixed(free, 0)),
            ("chip_largest_bytes", fixed(largest, 0)),
            ("chip_least_bytes", fixed(least, 0)),
        )
    )


def tasks_json(jobs) -> str:
    """The supervised tasks: how long since each made progress, and what went wrong last."""
    return array(
        [
            object_of(
                (
                    ("name", text(job.name)),
                    ("age_s", fixed(job.age_s10, 1)),
                    ("limit_s", fixed(job.limit_s10, 1)),
                    ("restarts", fixed(job.restarts, 0)),
                    ("last_error", text(job.last_error)),
                )
            )
            for job in jobs
        ]
    )


def radio_json(central, links, ladder) -> str:
    """The radio: errors caught in its handler, notifications lost, how it had to be mended."""
    return object_of(
        (
            ("handler_errors", fixed(central.irq_errors, 0)),
            ("overruns", fixed(sum([link.ring.overruns for link in links]), 0)),
            ("links_open", fixed(sum([link.is_open for link in links]), 0)),
            ("links_failed_in_row", fixed(ladder.lost, 0)),
            ("rearmed", fixed(ladder.arms, 0)),
            ("restarts", fixed(ladder.restarts, 0)),
            ("last_error", text(ladder.last_error)),
        )
    )


def batteries_json(batteries, now_s10: int) -> str:
    """For each battery, how long ago its last good frame came, and the refused ones by reason."""
    rows = []
    for battery in batteries:
        link = battery.link
        rejected = []
        for i in range(len(link.reasons)):
            rejected.append((link.reasons[i], fixed(link.rejected[i], 0)))
        rows.append(
            object_of(
                (
                    ("id", text(battery.id)),
                    ("last_frame_age_s", fixed(_last_frame_age_s10(battery, now_s10), 1)),
                    ("rejected", object_of(rejected)),
                    ("last_error", text(link.last_error)),
                )
            )
        )
    return array(rows)


def _last_frame_age_s10(battery, now_s10):
    taken_s10 = max(battery.sample.taken_s10)
    return None if taken_s10 < 0 else now_s10 - taken_s10


def keeping_json(keeper, batteries) -> str:
    """How the counters are kept, and what each battery's could not count."""
    gaps = []
    for battery in batteries:
        gaps.append(
            object_of(
                (
                    ("id", text(battery.id)),
                    ("gaps", fixed(battery.counters.gaps, 0)),
                    ("gap_s", fixed(battery.counters.gap_s, 0)),
                )
            )
        )
    return object_of(
        (
            ("problem", text(keeper.problem)),
            ("is_saved", flag(keeper.is_saved)),
            ("saves", fixed(keeper.saves, 0)),
            ("failed_saves", fixed(keeper.failed_saves, 0)),
            ("last_error", text(keeper.last_error)),
            ("batteries", array(gaps)),
        )
    )


def http_json(guard, gate) -> str:
    """The server's connections now, and its counts since start; wrong tokens among them."""
    return object_of(
        (
            ("connections", fixed(guard.connections, 0)),
            ("served", fixed(guard.served, 0)),
            ("refused", fixed(guard.refused, 0)),
            ("timed_out", fixed(guard.timed_out, 0)),
            ("wrong_tokens", fixed(gate.wrong, 0)),
            ("paused", fixed(gate.paused, 0)),
            ("last_error", text(guard.last_error)),
        )
    )


def wifi_json(keeper) -> str:
    """The connection to the network, and what happened to it last."""
    wifi = keeper.wifi
    return object_of(
        (
            ("state", text(keeper.state)),
            ("ip", text(wifi.ip())),
            ("rssi_dbm", fixed(wifi.rssi_dbm(), 0)),
            ("alive_age_s", fixed(keeper.alive_age_s10, 1)),
            ("attempts", fixed(keeper.attempts, 0)),
            ("connects", fixed(keeper.connects, 0)),
            ("disconnects", fixed(keeper.disconnects, 0)),
            ("renewals", fixed(keeper.renewals, 0)),
            ("restarts", fixed(keeper.restarts, 0)),
            ("last_error", text(keeper.last_error)),
        )
    )


def access_json(keeper) -> str:
    """The board's own network; null before there was a need for it."""
    if keeper is None:
        return "null"
    return object_of(
        (
            ("is_on", flag(keeper.is_on)),
            ("clients", fixed(keeper.clients, 0)),
            ("starts", fixed(keeper.starts, 0)),
            ("names_answered", fixed(keeper.names.answered, 0)),
            ("names_ignored", fixed(keeper.names.ignored, 0)),
            ("last_error", text(keeper.last_error)),
        )
    )


def time_json(keeper) -> str:
    """Who told the time, how often it was stepped, and what waits to be written."""
    return object_of(
        (
            ("source", text(keeper.source)),
            ("time_steps", fixed(keeper.time_steps, 0)),
            ("ntp_age_s", fixed(keeper.ntp_age_s10, 1)),
            ("anchors_waiting", fixed(keeper.anchors_waiting, 0)),
            ("last_error", text(keeper.last_error)),
        )
    )


def card_json(card, logs) -> str:
    """The card and the logs on it; records wait in memory while it is away."""
    rows = [
        object_of(
            (
                ("battery", text(log.battery_id)),
                ("records", fixed(log.records, 0)),
                ("flushed", fixed(log.flushed, 0)),
                ("waiting", fixed(log.waiting, 0)),
                ("dropped", fixed(log.dropped, 0)),
                ("errors", fixed(log.errors, 0)),
                ("torn_tails", fixed(log.torn_tails, 0)),
            )
        )
        for log in logs
    ]
    return object_of(
        (
            ("is_mounted", flag(card.is_mounted)),
            ("last_error", text(card.last_error)),
            ("logs", array(rows)),
        )
    )


def adc_json(adc) -> str:
    """How often a tap's pin could not be read, and why the first time; null without taps."""
    if adc is None:
        return "null"
    return object_of(
        (
            ("failed_reads", fixed(adc.failed_reads, 0)),
            ("last_error", text(adc.last_error)),
        )
    )


def recording_json(recorders) -> str:
    """The recording of raw frames that is going on, or the last one; null before the first."""
    if not recorders:
        return "null"
    recorder = recorders[0]
    return object_of(
        (
            ("is_recording", flag(recorder.is_recording)),
            ("file", text(recorder.file)),
            ("left_s", fixed(recorder.left_s, 0)),
            ("bytes", fixed(recorder.bytes, 0)),
            ("lines_lost", fixed(recorder.lost, 0)),
            ("last_error", text(recorder.last_error)),
        )
    )
