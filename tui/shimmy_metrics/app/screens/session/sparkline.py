"""The sparkline of the session's screen: the requests of the last minutes. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, muted, placed, to
from shimmy_metrics.limits import MINUTES_SHOWN
from shimmy_metrics.records import Session

PLOT_ROWS: Final = 8
"""Rows of the plot of requests a minute at most."""

PLOT_ROWS_LEAST: Final = 5
"""Rows that must be free for more than one."""


def sparkline(canvas: Canvas, session: Session, rows: int) -> tuple[Line, ...]:
    """Return the requests of the last minutes as a plot: in one row, or in several where that many `rows` are free."""
    counts = session.counters.minutes
    begin = 3 if canvas.narrow else 25
    room = min(MINUTES_SHOWN, canvas.width - begin - 18)
    if room < 8 or not counts:
        return ()
    shown = counts[-room:]
    top = max(shown)
    scale = to(canvas.right, muted(f"peak {top} a minute"), note=True)
    label = at(3, "" if canvas.narrow else "requests a minute")
    height = 1 if rows < PLOT_ROWS_LEAST else min(rows - 2, PLOT_ROWS)
    plot = _plot(canvas.glyphs.sparkline, shown, top, height)
    first, *rest = (at(begin, Span(drawn, Role.ACCENT)) for drawn in plot)
    below = (BLANK,) if rest else ()
    return (placed(canvas.width, label, first, scale), *(placed(canvas.width, each) for each in rest), *below)


def _plot(signs: str, counts: Sequence[int], top: int, height: int) -> Iterator[str]:
    """Yield the rows of a plot from the highest; `signs` are the steps of one row.

    Zero has the lowest sign: a gap would look as if nothing had been measured.
    """
    full = len(signs)
    steps = [1 + (round(count * (full * height - 1) / top) if top else 0) for count in counts]
    for row in reversed(range(height)):
        above = [max(min(each - full * row, full), 0) for each in steps]
        yield "".join(signs[each - 1] if each else " " for each in above)
