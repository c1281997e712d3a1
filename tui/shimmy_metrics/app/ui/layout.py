"""What a view is given (the canvas) and what it returns (the content). Pure."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from shimmy_metrics.app.keys import Keys
from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.text import (
    BLANK,
    MEASURE,
    Cell,
    Line,
    Role,
    Span,
    at,
    cut,
    length,
    marked,
    muted,
    placed,
    strong,
    wrapped,
)
from shimmy_metrics.records import Departure

READING: Final = "Reading everything kept here."
"""Shown until the disk has answered."""

NARROW: Final = 60
"""Columns below which only the open tab keeps its name, and notes go."""

LABELLED: Final = 66
"""Columns below which the buttons that are the same on every screen are their keys alone."""

TINY: Final = 12
"""Columns below which no sentence can be read."""

LOW: Final = 16
"""Rows below which the drawer opens on Enter only."""

WIDE: Final = 140
"""Columns from which the marked line is explained beside its list, in place of the drawer."""

LIST: Final = 80
"""Columns that a list keeps beside the explanation."""

LIST_SHARE: Final = 0.62
"""The part of the columns that a list gets where that is more, as long as its explanation keeps `EXPLANATION`."""

EXPLANATION: Final = 60
"""Columns that an explanation keeps beside its list."""

GAP: Final = 2
"""Columns between a list and its explanation, as far as that keeps `EXPLANATION`."""

FRAME_ROWS: Final = 9
"""Rows around a list: two for the tabs, two for a sentence, four for the drawer, one for the buttons."""


class Canvas(NamedTuple):
    """The size of the terminal, its signs, the time, the keys.

    `zone` is the person's, None for the machine's own. `notice` stays in view on every screen, empty for none.
    `departed` is an attempt to send that has just ended, None once that was seen.
    `beside` are the columns at the right of a list in which its marked line is explained, 0 for none; `width` is the
    list's alone then. `aside`: this is what is drawn in those columns.
    """

    width: int
    height: int
    glyphs: Glyphs
    now: datetime
    zone: tzinfo | None = None
    keys: Keys = Keys()
    notice: str = ""
    departed: Departure | None = None
    beside: int = 0
    aside: bool = False

    @property
    def narrow(self) -> bool:
        """Whether there is no room beside the values."""
        return self.width < NARROW

    @property
    def tiny(self) -> bool:
        """Whether there is room for a word at most."""
        return self.width < TINY

    @property
    def labelled(self) -> bool:
        """Whether the buttons that are the same on every screen have more than their keys."""
        return self.width >= LABELLED

    @property
    def low(self) -> bool:
        """Whether there is no room for a drawer."""
        return self.height < LOW

    @property
    def right(self) -> int:
        """The column before which ends what stands at the right: not far from what it belongs to."""
        return min(self.width, MEASURE) - 1

    @property
    def rows(self) -> int:
        """How many rows a list has that is explained in the drawer."""
        return max(self.height - FRAME_ROWS, 0)

    @property
    def across(self) -> "Canvas":
        """The canvas of what stands above a list and its explanation."""
        return self._replace(width=self.width + self.beside, beside=0)

    @property
    def gap(self) -> int:
        """The columns between a list and its explanation."""
        return max(min(GAP, self.beside - EXPLANATION), 0)

    @property
    def explanation(self) -> "Canvas":
        """The canvas of what stands beside a list; the whole one where there is nothing beside it."""
        return self._replace(width=self.beside - self.gap, beside=0, aside=True) if self.beside else self

    def with_explanation(self) -> "Canvas":
        """Return the canvas of a list whose marked line is explained: beside it if this is wide, in the drawer else."""
        if self.width < WIDE:
            return self
        columns = max(LIST, min(round(self.width * LIST_SHARE), self.width - EXPLANATION))
        return self._replace(width=columns, beside=self.width - columns)

    def fullest(self, room: int, *texts: str) -> str:
        """Return the first of the texts that fits so many cells, else the last one, cut."""
        return next((text for text in texts if len(text) <= room), self.fitting(texts[-1], room))

    def fitting(self, text: str, room: int) -> str:
        """Return the text in so many cells, with a sign where it is cut."""
        return text if len(text) <= room else f"{text[: max(room - 1, 0)]}{self.glyphs.ellipsis}"

    def clock(self, moment: datetime) -> str:
        """Return the time of day as the person's clock has it."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def day(self, moment: datetime) -> str:
        """Return the day as the person's calendar has it, with the year where it is another one."""
        local = moment.astimezone(self.zone)
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local:%Y}"
        return f"{local.day} {local:%b}{year}"


def column_widths(room: int, least: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Return the widths of columns side by side: each at least `least`, and up to `wanted` as far as the room goes.

    The first ones grow first, so that nothing is cut while there is room for it.
    """
    spare = max(room - sum(least), 0)
    made: list[int] = []
    for small, large in zip(least, wanted, strict=True):
        more = min(max(large - small, 0), spare)
        made.append(small + more)
        spare -= more
    return tuple(made)


class Row(NamedTuple):
    """One line of the content. `key` identifies it for the mark; empty where the line cannot be marked."""

    line: Line
    key: str = ""


class Content(NamedTuple):
    """A screen's content: the head stays (its first line answers the screen's question), the rows scroll."""

    head: tuple[Line, ...]
    rows: tuple[Row, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that can be marked, in order."""
        return tuple(row.key for row in self.rows if row.key)


def headline(canvas: Canvas, text: str, *beside: Cell) -> tuple[Line, ...]:
    """Return a screen's first sentence with what is at its right; where there is no room, the sentence alone."""
    if canvas.narrow or len(text) > canvas.right - 1:
        return tuple(wrapped(text, canvas.width, role=Role.STRONG))
    return (placed(canvas.width, at(1, strong(text)), *beside),)


def in_view(canvas: Canvas, content: Content, mark: str, top: int, height: int) -> tuple[tuple[Line, ...], str, int]:
    """Return so many rows from `top` on, the marked one with its sign; `1-7 of 15` if there are more; which is marked.

    The last is the index among the rows in view, 0 where none is marked.
    """
    shown, every = content.rows[top : top + height], len(content.rows)
    place = f"{top + 1}-{top + len(shown)} of {every}" if every > height else ""
    found = next((index for index, row in enumerate(shown) if row.key and row.key == mark), None)
    lines = (marked(row.line, canvas.glyphs) if index == found else row.line for index, row in enumerate(shown))
    return tuple(lines), place, found or 0


def side_by_side(canvas: Canvas, lines: Sequence[Line], beside: Sequence[Line], height: int) -> tuple[Line, ...]:
    """Return the lines of a list with those of its explanation at their right, in so many rows.

    Where the explanation has more rows, the last one says how many, and the key that shows them.
    """
    shown = [*beside[:height]]
    if len(beside) > height > 0:
        key = canvas.keys.of("page.explain")
        more = len(beside) - height + 1
        shown[-1] = placed(
            canvas.beside - canvas.gap, at(1, Span(key, Role.ACCENT), muted(f": all of it, {more} more lines"))
        )
    rows = max(len(lines), len(shown))
    left = [*lines, *(BLANK,) * (rows - len(lines))]
    right = [*shown, *(BLANK,) * (rows - len(shown))]
    return tuple(
        (*cut(each, canvas.width), Span(" " * (canvas.width - length(each) + canvas.gap)), *other) if other else each
        for each, other in zip(left, right, strict=True)
    )


def warning(canvas: Canvas, text: str) -> tuple[Line, ...]:
    """Return a sentence about what is wrong, behind a sign."""
    first, *rest = wrapped(text, canvas.width - 2, indent=1)
    return ((Span(" "), Span("! ", Role.BAD), *first[1:]), *((Span("  "), *each) for each in rest))


def paragraphs(canvas: Canvas, *sentences: str) -> tuple[Row, ...]:
    """Return sentences wrapped into rows."""
    return tuple(Row(each) for text in sentences for each in wrapped(text, canvas.width, indent=3))


def nearest(content: Content, key: str) -> str:
    """Return `key` if the content has it, else the first key; empty where nothing can be marked."""
    keys = content.keys
    return key if key in keys else (keys[0] if keys else "")


def step_to(content: Content, key: str, step: int) -> str:
    """Return the key that is marked after `step` lines."""
    keys = content.keys
    if not keys:
        return ""
    here = keys.index(key) if key in keys else 0
    return keys[max(0, min(here + step, len(keys) - 1))]


def key_at(content: Content, index: int) -> str:
    """Return the key that a click on this row marks: the row's, or that of the bytes which continue there."""
    for row in reversed(content.rows[: index + 1]):
        if row.key or not any(span.verbatim for span in row.line):
            return row.key
    return ""


def follow(ids: Sequence[str], shown: str, index: int) -> int:
    """Return the index of `shown` in `ids`; if it is gone, `index`, or the last index there is."""
    return ids.index(shown) if shown in ids else max(0, min(index, len(ids) - 1))


def scroll_to(content: Content, key: str, top: int, height: int) -> int:
    """Return the first row to show so that the mark is in view, scrolled no further than necessary from `top`."""
    last = max(len(content.rows) - height, 0)
    place = next((index for index, row in enumerate(content.rows) if row.key and row.key == key), None)
    if place is None:
        return max(0, min(top, last))
    marks = [index for index, row in enumerate(content.rows) if row.key]
    lead = 0 if place == marks[0] else place
    # Nothing below the last mark can be stepped to, so as much of it as fits is shown with that mark.
    tail = min(len(content.rows) - 1, place + height - 1) if place == marks[-1] else place
    return max(0, min(max(min(top, lead), tail - height + 1), last))
