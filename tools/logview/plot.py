"""`plot`: a page and a picture of each battery's log."""

from pathlib import Path

from tools.logview import frames, html, png
from tools.logview.chart import Chart
from tools.logview.decimate import Buckets
from tools.logview.lines import Unreadable, reason
from tools.logview.progress import Progress
from tools.logview.wording import counted


def run(batteries, prefix, write, since_s=None, until_s=None, points=2000):
    """Write `<prefix>-<battery>.html` and `.png` for each battery; return their paths."""
    made = []
    with Progress(sum(battery.size for battery in batteries), "reading") as progress:
        for battery in batteries:
            tally = frames.Tally()
            chart = chart_of(battery, tally, progress, since_s, until_s, points)
            progress.clear()
            if chart is None:
                write(f"{battery.name}: nothing to draw: no record in this span has a time")
                continue
            stem = f"{prefix}-{battery.name}"
            for suffix, paint in ((".html", _write_page), (".png", _write_picture)):
                path = Path(stem + suffix)
                number = 2
                while path in made:  # two cards, the same battery
                    path = Path(f"{stem}-{number}{suffix}")
                    number += 1
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    paint(chart, path)
                except OSError as exc:
                    raise Unreadable(f"{path}: {reason(exc)}")
                made.append(path)
            records = counted(tally.records, "record")
            write(f"{battery.name}: {records} into {made[-2]} and {made[-1]}")
            for note in chart.notes:
                write(f"  note: {note}")
    return made


def chart_of(battery, tally, progress=None, since_s=None, until_s=None, points=2000):
    """Return the chart of a battery, or None if there is nothing to draw."""
    buckets = Buckets(points)
    for frame in frames.frames(battery, tally, progress, since_s, until_s):
        buckets.add(frame)
    starts, columns = buckets.series()
    if not starts:
        return None
    notes = list(tally.lines())
    if buckets.is_uptime:
        notes.append("the time was never known: hours of uptime, boots one after the other")
    return Chart(
        f"Battery {battery.name}",
        buckets,
        starts,
        columns,
        battery.max_step_s,
        notes,
    )


def _write_page(chart, path):
    path.write_text(html.page(chart), encoding="utf-8")


def _write_picture(chart, path):
    png.paint(chart, path)
