"""A screen as text: what it says, and below it, cell for cell, how each character looks in the three looks.

The text is one for all looks, since no state may be told by colour alone. In the block below it a letter stands for
each character, in the same column; a blank for a blank. `LETTERS` says what a letter looks like in each look; a style
that has none there is spelled out at the file's end and gets a digit.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from support.cells import Run, named, text_of
from support.scenes import Shown

Looks = tuple[str, ...]
"""The same cell's style in each look, in words: dark, 16 colours, no colour."""

LETTERS: Final[dict[Looks, str]] = {
    ("", "", ""): ".",
    ("muted", "", ""): "m",
    ("rule", "", ""): "r",
    ("strong bold", "bold", "bold"): "B",
    ("accent", "magenta", ""): "a",
    ("accent bold", "magenta bold", "bold"): "A",
    ("good", "green", ""): "g",
    ("bad bold", "red bold", "bold"): "!",
    ("changed", "", ""): "c",
    ("strong bold reverse", "bold reverse", "bold reverse"): "F",
}
"""Lower case is plain, upper case and `!` are bold."""


def snapshot(looks: Mapping[str, Shown]) -> str:
    """Return a scene's file from what it shows in each look. Raise `AssertionError` if their texts differ."""
    shown = list(looks.values())
    text, (column, row) = text_of(shown[0].rows), shown[0].cursor
    for name, each in looks.items():
        said = text_of(each.rows)
        assert _without_thumb(said) == _without_thumb(text), f"{name} says something else:\n{said}\n\n{text}"
        assert each.cursor == (column, row), f"{name} has the cursor elsewhere"
    legend: dict[Looks, str] = {}
    rows = zip(*(each.rows for each in shown), strict=True)
    letters = ["".join(_letters(same, legend)).rstrip() for same in rows]
    told = [f"{letter}  {' | '.join(style or 'plain' for style in styles)}" for styles, letter in legend.items()]
    head = f"{', '.join(looks)}; cursor: column {column}, row {row}"
    return "\n".join([head, text, "", *letters, *(["", *told] if told else []), ""])


def _without_thumb(text: str) -> str:
    """Return the text without a scrollbar's thumb: the palette has a line for each theme that the look can have."""
    return re.sub(r" *[▁-█]? *$", "", text, flags=re.MULTILINE)


def _letters(same: tuple[tuple[Run, ...], ...], legend: dict[Looks, str]) -> Iterator[str]:
    """Yield a letter for each cell of one row, which is given in each look."""
    cells = [[(character, named(run.style)) for run in row for character in run.text] for row in same]
    for looks in zip(*cells, strict=True):
        character = looks[0][0]
        styles = tuple(style for _, style in looks)
        if character == " " and not any("on " in style or "reverse" in style for style in styles):
            yield " "
        elif styles in LETTERS:
            yield LETTERS[styles]
        else:
            yield legend.setdefault(styles, str(len(legend)))
