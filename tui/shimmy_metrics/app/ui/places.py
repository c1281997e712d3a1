"""The frame's places: what stands in them, and what each gives up where there is little room."""

from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.frame import tiny, title, top
from shimmy_metrics.app.ui.layout import Canvas, warning
from shimmy_metrics.app.ui.text import BLANK, Line

SMALL: Final = 10
"""Rows below which the head gives up its rule and its blank lines."""


class Places(NamedTuple):
    """What stands in the frame's places; `row` is where the mark is, or the page begins."""

    head: tuple[Line, ...]
    content: tuple[Line, ...]
    drawer: tuple[Line, ...]
    row: int


def heading(
    canvas: Canvas, overview: Overview | None, mode: str, name: str, told: tuple[Line, ...]
) -> tuple[Line, ...]:
    """Return the head: the tabs with that of `mode` open, or the page's `name`; then what the page has `told`."""
    if canvas.tiny:
        return tiny(canvas, overview)
    if overview is not None and overview.trouble:
        told = (*warning(canvas, overview.trouble), *told)
    first = top(canvas, overview, mode) if mode else title(canvas, overview, name)
    close = tuple(each for each in told if each != BLANK)
    if canvas.height >= SMALL:
        return (*first, *(close if canvas.low else told))
    # The screen's answer in one sentence is worth more than the tabs where only a few rows are left.
    room = max(canvas.height - 3, 1)
    return (*close[:1], first[0], *close[1:])[:room] if canvas.height > 4 else close[:1]


def drawer_rows(canvas: Canvas, head: int) -> int:
    """Return how many rows an open drawer has: the page keeps three, or the mark would be out of sight."""
    return max(canvas.height - head - 4, 0)
