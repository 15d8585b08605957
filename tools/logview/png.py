"""Paints a chart as a PNG (Pillow). Twice the size and then halved: smooth lines."""

from PIL import Image, ImageDraw, ImageFont

WIDTH = 1400
_TWICE = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 120, 20, 60, 40
_PANEL, _BETWEEN, _LANE = 170, 34, 20
_INK, _GREY, _GRID, _PAPER = "#222222", "#666666", "#e4e4e4", "#ffffff"


def paint(chart, path):
    """Write the picture of a chart."""
    lanes = len(chart.lanes) * _LANE + (_BETWEEN if chart.lanes else 0)
    height = _TOP + len(chart.panels) * (_PANEL + _BETWEEN) + lanes + _BOTTOM
    picture = Image.new("RGB", (WIDTH * _TWICE, height * _TWICE), _PAPER)
    _Painter(chart, ImageDraw.Draw(picture)).paint()
    picture.resize((WIDTH, height), Image.Resampling.LANCZOS).save(path, "PNG", optimize=True)


class _Painter:
    def __init__(self, chart, draw):
        self.chart = chart
        self.draw = draw
        self.font = ImageFont.load_default(12 * _TWICE)
        self.big = ImageFont.load_default(17 * _TWICE)

    def paint(self):
        chart = self.chart
        self.text(_LEFT, 12, chart.title, font=self.big)
        under = f"{chart.time_text(chart.low_s)} to {chart.time_text(chart.high_s)}"
        self.text(_LEFT, 36, "; ".join([under, *chart.notes]), _GREY)
        top = _TOP
        for panel in chart.panels:
            top += _BETWEEN
            self.panel(panel, top)
            top += _PANEL
        if chart.lanes:
            top += _BETWEEN
            self.time_grid(top, len(chart.lanes) * _LANE)
        for label, colour, states in chart.lanes:
            self.text(_LEFT - 6, top + _LANE / 2, label, _GREY, "rm")
            for begun, end in chart.spans(states):
                left, right = self.x(begun), max(self.x(end), self.x(begun) + 1)
                self.box(left, top + 3, right, top + _LANE - 3, colour)
            top += _LANE
        for second, text in chart.time_ticks():
            self.text(self.x(second), top + 6, text, _GREY, "ma")

    def panel(self, panel, top):
        self.time_grid(top, _PANEL)
        right = WIDTH - _RIGHT

        def y(value):
            return top + _PANEL * (1 - (value - panel.low) / (panel.high - panel.low))

        for value in panel.ticks():
            self.line([(_LEFT, y(value)), (right, y(value))], _GRID)
            self.text(_LEFT - 6, y(value), panel.tick_text(value), _GREY, "rm")
        self.text(_LEFT, top - 16, f"{panel.title}, {panel.unit}")
        if len(panel.lines) > 1:
            at = right
            for line in reversed(panel.lines):
                self.text(at, top - 16, line.label, line.colour, "ra")
                at -= self.draw.textlength(line.label, font=self.font) / _TWICE + 14
        for line in panel.lines:
            for part in self.chart.points(line):
                points = [(self.x(second), y(value)) for second, value in part]
                if len(points) == 1:
                    x, level = points[0]
                    points = [(x - 1, level), (x + 1, level)]
                self.line(points, line.colour, 1.2)

    def time_grid(self, top, height):
        for second, _ in self.chart.time_ticks():
            self.line([(self.x(second), top), (self.x(second), top + height)], _GRID)

    def x(self, second):
        chart = self.chart
        share = (second - chart.low_s) / (chart.high_s - chart.low_s)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def text(self, x, y, text, colour=_INK, anchor="la", font=None):
        at = (x * _TWICE, y * _TWICE)
        self.draw.text(at, text, colour, font=font or self.font, anchor=anchor)

    def line(self, points, colour, width=0.5):
        scaled = [(x * _TWICE, y * _TWICE) for x, y in points]
        self.draw.line(scaled, colour, round(width * _TWICE))

    def box(self, left, top, right, bottom, colour):
        self.draw.rectangle([v * _TWICE for v in (left, top, right, bottom)], colour)
