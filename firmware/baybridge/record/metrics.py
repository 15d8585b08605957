"""Everything with a number as Prometheus text, line by line: batteries, then the bridge itself.

Imported at the first scrape.
"""

from baybridge.battery.card_watch import CODES as CARD_CODES
from baybridge.record.battery_metrics import battery_lines
from baybridge.record.json_text import fixed
from baybridge.record.metric_text import family, flag, label, number


def lines(app, version):
    """Yield all lines of the bridge and its batteries; app is the App."""
    clock = app.ports.clock
    now_s10 = clock.uptime_s10()
    yield from battery_lines(app.batteries, now_s10, clock.unix_s())
    yield from bridge_lines(app, version, now_s10)


def bridge_lines(app, version, now_s10: int):
    """Yield the lines of the bridge itself."""
    board = app.ports.board
    labels = '{version="%s",board="%s",interpreter="%s"}' % (
        label(version),
        label(board.machine),
        label(board.micropython),
    )
    yield from _gauge("build_info", "What runs on what.", "1", labels)
    yield from _gauge("uptime_seconds", "Time since the start.", fixed(now_s10, 1))
    yield from _counter("starts_total", "Starts, this one included.", app.boot)
    yield from _gauge(
        "healthy", "Whether every task makes progress.", flag(app.supervisor.is_well())
    )
    yield from family(
        "baybridge_task_restarts_total",
        "counter",
        "Restarts of a task that failed or hung.",
        _of_jobs(app.supervisor.jobs),
    )
    yield from _gauge(
        "time_known",
        "Whether the bridge knows the time.",
        flag(app.ports.clock.unix_s() is not None),
    )
    used, free = board.heap_used(), board.heap_free()
    yield from _gauge("heap_used_bytes", "Heap in use, garbage included.", number(used))
    yield from _gauge("heap_free_bytes", "Heap that is left.", number(free))
    yield from _gauge(
        "config_problems", "Problems of the configuration.", "%d" % len(app.problems)
    )
    yield from _http(app.guard, app.gate)
    yield from _wifi(app.wifi)
    yield from _card(app.card, app.bridge.card_watch)
    for name, about, count_of in _LOG:
        yield from family(
            "baybridge_log_" + name, _kind(name), about, _of_logs(app.logs, count_of)
        )


def _gauge(name, about, value, labels=""):
    return family("baybridge_" + name, "gauge", about, ((labels, value),))


def _counter(name, about, count):
    return family("baybridge_" + name, "counter", about, (("", "%d" % count),))


def _kind(name):
    return "counter" if name.endswith("_total") else "gauge"


def _of_jobs(jobs):
    for job in jobs:
        yield '{task="%s"}' % label(job.name), "%d" % job.restarts


def _http(guard, gate):
    yield from _gauge("http_connections", "Clients being served.", "%d" % guard.connections)
    yield from _counter("http_answers_total", "Whole answers sent.", guard.served)
    yield from _counter("http_turned_away_total", "Clients without a place.", guard.refused)
    yield from _counter("http_timeouts_total", "Clients that took too long.", guard.timed_out)
    yield from _counter("http_aborted_total", "Clients that left early.", guard.dropped)
    yield from _counter("http_failures_total", "Failures of the bridge.", guard.failures)
    yield from _counter("http_wrong_tokens_total", "Wrong tokens.", gate.wrong)


def _wifi(keeper):
    is_up = keeper.wifi.ip() is not None
    yield from _gauge("wifi_up", "Whether there is a network.", flag(is_up))
    rssi_dbm = keeper.wifi.rssi_dbm() if is_up else None
    yield from _gauge("wifi_rssi_dbm", "Signal of the access point.", number(rssi_dbm))
    yield from _counter("wifi_connects_total", "Times a network was joined.", keeper.connects)
    yield from _counter("wifi_disconnects_total", "Times it was lost.", keeper.disconnects)


def _card(card, watch):
    yield from _gauge("card_mounted", "Whether there is a card.", flag(card.is_mounted))
    if watch is not None:
        yield from family(
            "baybridge_card_alarm",
            "gauge",
            "What is wrong with the log's card: 1 if it is.",
            _card_alarms(watch.state),
        )


def _card_alarms(state):
    for i in range(1, len(CARD_CODES)):
        yield '{code="%s"}' % CARD_CODES[i], flag(i == state)


_LOG = (
    ("records_total", "Records written to the log.", lambda log: log.flushed),
    ("dropped_total", "Records lost because the card was away too long.", lambda log: log.dropped),
    ("errors_total", "Failures of the card while writing.", lambda log: log.errors),
    ("waiting", "Records that wait in memory.", lambda log: log.waiting),
)


def _of_logs(logs, count_of):
    for log in logs:
        yield '{battery="%s"}' % label(log.battery_id), "%d" % count_of(log)
