"""What a plot shows, before anybody paints it: panels, their scales, where a line breaks.

html.py and png.py paint the same chart.
"""

import math

from baybridge.record import calendar

# Distinct for eyes that tell red from green badly (Okabe and Ito 2008), then repeated.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000")
ALARM_COLOUR = "#c0392b"
STATE_COLOUR = "#7f8c8d"

_LANES = (
    ("any alarms", "alarms", ALARM_COLOUR),
    ("any protection", "protection", ALARM_COLOUR),
    ("any charge_fet", "charge FET off", ALARM_COLOUR),
    ("any discharge_fet", "discharge FET off", ALARM_COLOUR),
    ("any heater", "heater", STATE_COLOUR),
    ("any balancing", "balancing", STATE_COLOUR),
)
_DAY_S = 86400
_STEPS_S = (
    1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, _DAY_S, 2 * _DAY_S,
    5 * _DAY_S, 10 * _DAY_S, 30 * _DAY_S, 60 * _DAY_S, 120 * _DAY_S, 365 * _DAY_S,
)  # fmt: skip


class Line:
    """One quantity: least and most in each bucket, None where nothing is known."""

    def __init__(self, label, colour, lows, highs):
        self.label = label
        self.colour = colour
        self.lows = lows
        self.highs = highs


class Panel:
    """Lines with one scale."""

    def __init__(self, title, unit, digits, lines):
        self.title = title
        self.unit = unit
        self.digits = digits
        self.lines = lines
        known = [v for line in lines for v in (*line.lows, *line.highs) if v is not None]
        self.low, self.high = min(known), max(known)
        # A quantity that does not move is a line in the middle, not noise over all of the panel.
        room = max((self.high - self.low) * 0.05, 10**-digits)
        self.low -= room
        self.high += room

    def ticks(self):
        """Return values at round numbers."""
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        for factor in (1, 2, 5, 10):
            if (self.high - self.low) / (step * factor) <= 5:
                step *= factor
                break
        first = math.ceil(self.low / step)
        return [i * step for i in range(first, math.floor(self.high / step) + 1)]

    def tick_text(self, value):
        """Return a tick's text without needless digits."""
        return f"{value:.{self.digits}f}".rstrip("0").rstrip(".") if self.digits else f"{value:g}"


class Chart:
    """Everything of one battery's plot; starts and columns are what buckets.series() gave."""

    def __init__(self, title, buckets, starts, columns, break_s, notes=()):
        self.title = title
        self.starts = starts
        width_s = self.width_s = buckets.width_s
        self.is_uptime = buckets.is_uptime
        self.notes = list(notes)
        self.low_s = buckets.first_s
        # A lone record, too, has room beside it.
        self.high_s = max(buckets.last_s, buckets.first_s + 1)
        # Buckets after which nothing was recorded for longer than a log is ever silent.
        limit_s = max(break_s, 2 * width_s)
        self.breaks = {
            i for i in range(1, len(starts)) if starts[i] - starts[i - 1] - width_s > limit_s
        }
        self.panels = list(_panels(columns))
        self.lanes = [
            (label, colour, columns[name])
            for name, label, colour in _LANES
            if name in columns and any(v is not None for v in columns[name])
        ]

    def time_text(self, second):
        """Return a moment's text."""
        if self.is_uptime:
            return f"{second // 3600}:{second // 60 % 60:02d}:{second % 60:02d}"
        return calendar.iso_utc(second)

    def time_ticks(self, count=8):
        """Return (second, text) at round times."""
        span = self.high_s - self.low_s
        step = next((s for s in _STEPS_S if span / s <= count), _STEPS_S[-1])
        first = -(-self.low_s // step) * step
        return [(s, self._tick_text(s, step)) for s in range(first, self.high_s + 1, step)]

    def _tick_text(self, second, step):
        if self.is_uptime:
            return f"{second // 3600}:{second // 60 % 60:02d} h"
        text = calendar.iso_utc(second)
        if step >= _DAY_S or second % _DAY_S == 0:
            return text[:10]
        return text[11:19] if step < 60 else text[11:16]

    def points(self, line):
        """Yield polylines of a line: lists of (second, value), through least and most."""
        part = []
        for i, start in enumerate(self.starts):
            low, high = line.lows[i], line.highs[i]
            if part and (low is None or i in self.breaks):
                yield part
                part = []
            if low is None:
                continue
            at = self._within(start + self.width_s // 2)
            if low == high:
                part.append((at, low))
            elif part and part[-1][1] > (low + high) / 2:
                part += [(at, high), (at, low)]
            else:
                part += [(at, low), (at, high)]
        if part:
            yield part

    def spans(self, states):
        """Yield (from, to) seconds in which a state was seen."""
        begun = end = None
        for i, start in enumerate(self.starts):
            if begun is not None and (not states[i] or i in self.breaks):
                yield self._within(begun), self._within(end)
                begun = None
            if states[i]:
                begun = start if begun is None else begun
                end = start + self.width_s
                if i + 1 < len(self.starts) and i + 1 not in self.breaks:
                    end = self.starts[i + 1]
        if begun is not None:
            yield self._within(begun), self._within(end)

    def _within(self, second):
        return min(max(second, self.low_s), self.high_s)


def _panels(columns):
    cells = [name[4:] for name in columns if name.startswith("min cell_")]
    by_harness = [name[4:] for name in columns if name.startswith("min harness_cell_")]
    apart = [name[4:] for name in columns if name.startswith("min harness_less_bms_")]
    temperatures = [name[4:] for name in columns if name.startswith("min temperature_")]
    for title, unit, digits, names in (
        ("voltage", "V", 3, ["voltage_v"]),
        ("current (charging positive)", "A", 3, ["current_a"]),
        ("cells", "V", 3, cells),
        ("spread of the cells", "mV", 0, ["spread_mv"]),
        ("cells by the harness", "V", 3, by_harness),
        ("harness less BMS", "mV", 0, apart),
        ("temperature", "°C", 0, temperatures),
        ("state of charge", "%", 0, ["soc_pct"]),
    ):
        lines = []
        for i, name in enumerate(names):
            lows, highs = columns.get("min " + name), columns.get("max " + name)
            if lows and any(v is not None for v in lows):
                label = name.replace("harness_less_bms", "cell").replace("harness_", "")
                label = label.replace("_", " ").rsplit(" ", 1)[0]
                lines.append(Line(label, COLOURS[i % len(COLOURS)], lows, highs))
        if lines:
            yield Panel(title, unit, digits, lines)
