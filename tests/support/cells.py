"""What an app shows, as rows of runs: text with the style in which it reaches the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

from rich.color import Color, ColorType
from rich.console import Console
from rich.style import Style

from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.terminal.themes import DARK

_ATTRIBUTES: Final = ("bold", "dim", "italic", "underline", "reverse", "strike", "blink")

_NAMES: Final = {
    **{value: name for name, value in DARK.variables.items()},
    DARK.variables["mark"]: "accent",
    str(DARK.foreground): "",
    str(DARK.background): "",
}
"""The dark theme's colours by their role; the terminal's own and the theme's two grounds need no name."""

SIXTEEN: Final = (
    *("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"),
    *("bright-black", "bright-red", "bright-green", "bright-yellow"),
    *("bright-blue", "bright-magenta", "bright-cyan", "bright-white"),
)
"""The terminal's own colours by their number."""


@dataclass(frozen=True, slots=True)
class Run:
    """Adjacent cells of one style."""

    text: str
    style: Style


Rows = tuple[tuple[Run, ...], ...]


def rows_of(app: ShimmyApp) -> Rows:
    """Return every row of the current screen; a dialog with the screen behind it."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert update is not None
    width, height = app.size
    console = Console(width=width, height=height, legacy_windows=False)
    rows: list[list[Run]] = [[]]
    for segment in console.render(update):
        if segment.control:
            continue
        for index, text in enumerate(segment.text.split("\n")):
            if index:
                rows.append([])
            if text:
                rows[-1].append(Run(text, _without_links(segment.style or Style.null())))
    return tuple(tuple(_merged(row)) for row in rows)


def text_of(rows: Rows) -> str:
    """Return the text alone, a line a row, without trailing space."""
    return "\n".join("".join(run.text for run in row).rstrip() for row in rows)


@cache
def named(style: Style) -> str:
    """Return a style in words: `accent bold`, `magenta`, `on rule`; empty for plain text."""
    ink, ground = _name(style.color), _name(style.bgcolor)
    attributes = [name for name in _ATTRIBUTES if getattr(style, name)]
    return " ".join(filter(None, (ink, f"on {ground}" if ground else "", *attributes)))


def _name(color: Color | None) -> str:
    if color is None or color.type is ColorType.DEFAULT:
        return ""
    if color.triplet is None:
        return SIXTEEN[color.number or 0]
    return _NAMES.get(color.triplet.hex, color.triplet.hex)


@cache
def _without_links(style: Style) -> Style:
    """Return the style without links and metadata, which do not change its look."""
    return style.without_color + Style(color=style.color, bgcolor=style.bgcolor)


def _merged(row: list[Run]) -> Iterator[Run]:
    for style, runs in groupby(row, key=lambda run: run.style):
        yield Run("".join(run.text for run in runs), style)
