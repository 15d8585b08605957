"""A progress bar for long files, only where a person looks at it."""

import sys
import time

_WIDTH = 30
# Short work needs no bar.
_FIRST_S = 0.5
_PERIOD_S = 0.2


class Progress:
    """Bytes done of all bytes, on one line of a terminal; silent anywhere else."""

    def __init__(self, total, what, stream=None, clock=time.monotonic):
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = total > 0 and self._stream.isatty()
        self._total = total
        self._what = what
        self._clock = clock
        self._begun_s = clock()
        self._next_s = self._begun_s + _FIRST_S
        self._done = 0
        self._is_drawn = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.clear()

    def add(self, n):
        """Count n more bytes."""
        self._done += n
        now_s = self._clock()
        if self._is_shown and now_s >= self._next_s:
            self._next_s = now_s + _PERIOD_S
            self._draw(now_s)

    def clear(self):
        """Take the bar away, so that a line can be printed."""
        if self._is_drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._is_drawn = False

    def _draw(self, now_s):
        share = min(self._done / self._total, 1)
        full = int(share * _WIDTH)
        left_s = (now_s - self._begun_s) * (1 - share) / max(share, 0.001)
        bar = "#" * full + "." * (_WIDTH - full)
        self._stream.write(f"\r{self._what} [{bar}] {share:4.0%}  {left_s:.0f} s left \x1b[K")
        self._stream.flush()
        self._is_drawn = True
