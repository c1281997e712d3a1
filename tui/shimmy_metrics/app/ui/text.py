"""Lines of text with roles, of which every screen consists. Pure; the styles give each role its colours.

Values are never markup: a span's text is shown as it stands, control characters and wide ones replaced.
"""

import textwrap
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from shimmy_metrics.app.terminal.glyphs import Glyphs

MEASURE: Final = 100
"""Columns that text takes at most: an eye that comes back from the end of a longer line misses the next one."""


class Role(StrEnum):
    """What a piece of text is; the styles say how that looks."""

    TEXT = "text"
    NAME = "name"
    """The name of a line's subject; it is highlighted when the line is marked."""
    QUIET = "quiet"
    """A name that recedes while its line is not marked: among the bytes the values matter."""
    STRONG = "strong"
    MUTED = "muted"
    ACCENT = "accent"
    MARKED = "marked"
    GOOD = "good"
    BAD = "bad"
    CHANGED = "changed"
    RULE = "rule"
    FOCUS = "focus"
    """A button that has the focus."""


class Span(NamedTuple):
    """A piece of a line. `action` is run when it is clicked; `verbatim` ones are a report's bytes."""

    text: str
    role: Role = Role.TEXT
    action: str = ""
    verbatim: bool = False


Line = tuple[Span, ...]
Part = Span | str

BLANK: Final[Line] = ()


def muted(text: str) -> Span:
    """Return text that recedes: units, bounds, old values."""
    return Span(text, Role.MUTED)


def strong(text: str) -> Span:
    """Return text that is new or now."""
    return Span(text, Role.STRONG)


class Cell(NamedTuple):
    """Spans at a place of the line: from column `at`, or with `ends` up to it. A `note` may be left out."""

    at: int
    spans: Line
    ends: bool = False
    note: bool = False


def at(column: int, *parts: Part) -> Cell:
    """Return a cell that begins at `column`."""
    return Cell(column, _spans(parts))


def to(column: int, *parts: Part, note: bool = False) -> Cell:
    """Return a cell that ends before `column`: numbers, and notes at the right margin."""
    return Cell(column, _spans(parts), ends=True, note=note)


def note(column: int, *parts: Part) -> Cell:
    """Return a cell that begins at `column` and is left out where it does not fit."""
    return Cell(column, _spans(parts), note=True)


def placed(width: int, *cells: Cell) -> Line:
    """Return a line of the cells in their order, none over another, that fits `width` less a margin of 1.

    An ellipsis stands for what does not fit: a number without its last digits would be another number.
    """
    room = width - 1
    made: list[Span] = []
    column = 0
    for cell in cells:
        size = length(cell.spans)
        start = cell.at - size if cell.ends else cell.at
        behind = column + 1 if column else 0
        if start < behind:
            if cell.note and not cell.ends:
                continue
            start = behind
        if cell.note and start + size > room:
            continue
        if start > column:
            made.append(Span(" " * (start - column)))
        made.extend(cell.spans)
        column = start + size
    return tuple(made) if column <= room else _shortened(tuple(made), room)


def _shortened(spans: Line, room: int) -> Line:
    text = "".join(span.text for span in spans)
    kept = cut(spans, room - 1)
    if not text[max(room, 0) :].strip() or not kept:
        return cut(spans, room)
    return (*kept, Span("…", kept[-1].role))


def line(*parts: Part) -> Line:
    """Return a line of the parts, one after the other, from column 1."""
    return (Span(" "), *_spans(parts))


def wrapped(text: str, width: int, *, indent: int = 1, role: Role = Role.TEXT) -> list[Line]:
    """Return the text in lines that fit `width`, and `MEASURE`, each indented.

    A word stays whole where a line can hold it; a longer one, such as a path, is broken behind its slashes.
    """
    room = max(min(width, MEASURE) - indent - 1, 8)
    return [(Span(" " * indent), Span(row, role)) for row in _rows(text, room)]


def _rows(text: str, room: int) -> list[str]:
    rows = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    for index, row in enumerate(rows):
        if len(row) > room:
            slash = max(row.rfind("/", 1, room), row.rfind("\\", 1, room))
            end = slash + 1 if slash > 0 else room
            return [*rows[:index], row[:end], *_rows(" ".join([row[end:], *rows[index + 1 :]]), room)]
    return rows


def length(spans: Iterable[Span]) -> int:
    """Return how many cells the spans take: one for each character, since wide ones are replaced."""
    return sum(len(span.text) for span in spans)


def cut(spans: Line, room: int) -> Line:
    """Return the spans cut to `room` cells."""
    made: list[Span] = []
    left = max(room, 0)
    for span in spans:
        if len(span.text) > left:
            if left:
                made.append(span._replace(text=span.text[:left]))
            break
        made.append(span)
        left -= len(span.text)
    return tuple(made)


_NAMES: Final = (Role.NAME, Role.QUIET)


def marked(spans: Line, glyphs: Glyphs) -> Line:
    """Return the line with the mark in column 0 and its name in the accent."""
    first, *rest = spans
    named = [span._replace(role=Role.MARKED) if span.role in _NAMES else span for span in rest]
    if not first.text.startswith(" "):
        return (first, *named)
    return (Span(glyphs.mark, Role.ACCENT), first._replace(text=first.text[1:]), *named)


def shown(text: str, glyphs: Glyphs) -> str:
    """Return text that a terminal may get: printable, each character one cell, ASCII where nothing else is shown."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character, glyphs) for character in text)


_IN_ASCII: Final = {"→": ">", "·": "-", "…": "~", "–": "-", "’": "'"}


def _shown(character: str, glyphs: Glyphs) -> str:
    if not character.isprintable():
        return "?"
    if glyphs.ascii and not character.isascii():
        return _IN_ASCII.get(character, "?")
    # Marks and variation selectors take no cell, or change how many their neighbour takes.
    takes_one = unicodedata.category(character)[0] != "M" and unicodedata.east_asian_width(character) not in "WF"
    return character if takes_one else "?"


def _spans(parts: Iterable[Part]) -> Line:
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)
