"""Paints a chart as one HTML page that needs nothing else: drawings, data and script are in it.

The drawings are SVG and stand without the script too; the script (page.js) reads values out under
the pointer and looks closer at a span of time. The page's own policy forbids every request.
"""

import json
from html import escape
from pathlib import Path

_HERE = Path(__file__).parent
# The drawing's own units; a browser scales them to the window.
_WIDTH, _LEFT, _RIGHT = 1200, 120, 10
_PANEL, _LANE, _AXIS = 170, 18, 22
# Inside a panel: whole numbers keep the page small.
_X, _Y = 10000, 1000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(chart):
    """Return the page as text."""
    under = f"{chart.time_text(chart.low_s)} to {chart.time_text(chart.high_s)}"
    body = [
        f"<h1>{escape(chart.title)}</h1>",
        f'<p id="span">{escape("; ".join([under, *chart.notes]))}</p>',
        "<p>Drag over a span to look closer, double-click to see all of it again.</p>",
    ]
    body += [_panel(chart, i, panel) for i, panel in enumerate(chart.panels)]
    if chart.lanes:
        body.append(_lanes(chart))
    data = json.dumps(_data(chart), separators=(",", ":")).replace("</", "<\\/")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(chart.title)}</title>",
            f"<style>\n{(_HERE / 'page.css').read_text()}</style></head><body>",
            *body,
            f"<script>\nconst chart = {data};\n{(_HERE / 'page.js').read_text()}</script>",
            "</body></html>\n",
        ]
    )


def _data(chart):
    def rounded(values, digits):
        return [None if v is None else round(v, digits) for v in values]

    return {
        "low": chart.low_s,
        "high": chart.high_s,
        "width": chart.width_s,
        "uptime": chart.is_uptime,
        "starts": [start - chart.low_s for start in chart.starts],
        "panels": [
            [
                {
                    "label": line.label,
                    "unit": panel.unit,
                    "lows": rounded(line.lows, panel.digits),
                    "highs": rounded(line.highs, panel.digits),
                }
                for line in panel.lines
            ]
            for panel in chart.panels
        ],
        "lanes": [
            {"label": label, "states": [int(bool(state)) for state in states]}
            for label, _, states in chart.lanes
        ],
    }


def _panel(chart, number, panel):
    def y(value):
        return (panel.high - value) / (panel.high - panel.low)

    legend = "".join(
        f'<span style="color:{line.colour}">{escape(line.label)}</span>' for line in panel.lines
    )
    grid, labels = [], []
    for value in panel.ticks():
        grid.append(f'<path class="grid" d="M0 {y(value) * _Y:.0f}H{_X}"/>')
        labels.append(
            f'<text class="value" x="{_LEFT - 6}" y="{y(value) * _PANEL + 4:.1f}">'
            f"{panel.tick_text(value)}</text>"
        )
    paths = []
    for line in panel.lines:
        d = []
        for part in chart.points(line):
            points = [f"{_x(chart, s)} {y(v) * _Y:.0f}" for s, v in part]
            # A lone record would be a line of no length, which nobody sees.
            d.append("M" + "L".join(points) + ("h1" if len(points) == 1 else ""))
        paths.append(f'<path class="line" stroke="{line.colour}" d="{"".join(d)}"/>')
    title = f"{panel.title}, {panel.unit}"
    return (
        f'<section data-panel="{number}"><h2>{escape(title)} <small>{legend}</small>'
        "<output></output></h2>"
        + _svg(chart, _PANEL, "".join(labels), "".join(grid + paths), title)
        + "</section>"
    )


def _lanes(chart):
    labels, boxes = [], []
    for i, (label, colour, states) in enumerate(chart.lanes):
        labels.append(
            f'<text class="value" x="{_LEFT - 6}" y="{(i + 0.75) * _LANE:.1f}">{label}</text>'
        )
        top = (i + 0.15) * _Y / len(chart.lanes)
        for begun, end in chart.spans(states):
            left, right = _x(chart, begun), _x(chart, end)
            boxes.append(
                f'<rect x="{left}" y="{top:.0f}" width="{max(right - left, 4)}" '
                f'height="{0.7 * _Y / len(chart.lanes):.0f}" fill="{colour}"/>'
            )
    height = _LANE * len(chart.lanes)
    return (
        '<section data-panel="lanes"><h2>states, alarms and protection<output></output></h2>'
        + _svg(chart, height, "".join(labels), "".join(boxes), "states, alarms and protection")
        + "</section>"
    )


def _svg(chart, height, labels, drawing, title):
    wide = _WIDTH - _LEFT - _RIGHT
    times = "".join(
        f'<text class="time" x="{_LEFT + _x(chart, second) / _X * wide:.1f}" '
        f'y="{height + 15}">{text}</text>'
        for second, text in chart.time_ticks()
    )
    return (
        f'<svg class="panel" viewBox="0 0 {_WIDTH} {height + _AXIS}" role="img" '
        f'aria-label="{escape(title)}">{labels}<g class="times">{times}</g>'
        f'<svg class="plot" x="{_LEFT}" y="0" width="{wide}" height="{height}" '
        f'viewBox="0 0 {_X} {_Y}" preserveAspectRatio="none">'
        f'<rect class="paper" width="{_X}" height="{_Y}"/>{drawing}'
        f'<rect class="chosen" height="{_Y}"/><path class="pointer"/></svg></svg>'
    )


def _x(chart, second):
    return round((second - chart.low_s) / (chart.high_s - chart.low_s) * _X)
