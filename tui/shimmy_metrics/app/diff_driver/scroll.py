"""Rows that moved: a band of the new frame that is the shown band, some rows further up or down. Pure.

A terminal moves them itself within a scrolling region, for the bytes of a word.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import ne
from typing import Final, NamedTuple

from shimmy_metrics.app.diff_driver.cell import BLANK, Row

_NEVER: Final = -1_000_000
"""What it gains to move a row that must not be moved."""


class Shift(NamedTuple):
    """The rows from `top` to `bottom`, both from 0, move up by `rows`; where that is negative, down."""

    top: int
    bottom: int
    rows: int

    @property
    def sequence(self) -> str:
        """What makes the terminal move them, with no attributes set.

        The region is as wide as the screen again in the end. Where the cursor stands then is not counted on.
        """
        at, step = (self.bottom, "\n") if self.rows > 0 else (self.top, "\x1bM")
        return f"\x1b[{self.top + 1};{self.bottom + 1}r\x1b[{at + 1}H{step * abs(self.rows)}\x1b[r"

    def moved(self, shown: Sequence[Row]) -> list[Row]:
        """Return the rows after it; what comes in is blank."""
        blank: list[Row] = [[BLANK] * len(shown[0])] * abs(self.rows)
        band = shown[self.top : self.bottom + 1]
        band = [*band[self.rows :], *blank] if self.rows > 0 else [*blank, *band[: self.rows]]
        return [*shown[: self.top], *band, *shown[self.bottom + 1 :]]


def find_shift(shown: Sequence[Row], wanted: Mapping[int, Row]) -> Shift | None:
    """Return the shift that leaves the fewest cells to write, or None where none helps.

    `wanted` are the new frame's rows; the others stay. The first row stays where it is: what leaves the screen at its
    top, some terminals keep among the lines that scrolled by. So does each row with a cell that is not known.
    """
    changed = {row: cells for row, cells in wanted.items() if row and cells != shown[row] and None not in shown[row]}
    rows = _most_moved(shown, changed)
    if not rows:
        return None
    fixed = [not row or None in cells or None in wanted.get(row, ()) for row, cells in enumerate(shown)]
    after = [wanted.get(row, cells) for row, cells in enumerate(shown)]
    if rows > 0:
        band = _band(shown, after, fixed, rows)
        return Shift(band[0], band[1], rows) if band else None
    band = _band(shown[::-1], after[::-1], fixed[::-1], -rows)
    return Shift(len(shown) - 1 - band[1], len(shown) - 1 - band[0], rows) if band else None


def _most_moved(shown: Sequence[Row], changed: Mapping[int, Row]) -> int:
    """Return by how many rows up most of the texts moved that stand in one row only; 0 where none did."""
    blank: Row = [BLANK] * len(shown[0])
    places: dict[str, int] = {}
    for row in changed:
        if shown[row] != blank:
            text = _text(shown[row])
            places[text] = 0 if text in places else row
    if not places:
        return 0
    places[""] = 0
    moves = Counter(place - row for row, cells in changed.items() if (place := places.get(_text(cells), 0)))
    return moves.most_common(1)[0][0] if moves else 0


def _band(before: Sequence[Row], after: Sequence[Row], fixed: Sequence[bool], rows: int) -> tuple[int, int] | None:
    """Return the first and the last row of the band that gains most by moving up, as cells that need no writing."""
    as_it_is = [_differing(*each) for each in zip(before, after, strict=True)]
    moved = [
        _NEVER if fixed[row] or fixed[row + rows] else as_it_is[row] - _differing(before[row + rows], after[row])
        for row in range(len(before) - rows)
    ]
    come_in = [_NEVER if fixed[row] else as_it_is[row] - len(_text(after[row])) for row in range(len(before))]
    all_come_in = list(accumulate(come_in, initial=0))
    most, best = 0, None
    gained, top = 0, 0
    for row, gain in enumerate(moved):
        if gained <= 0:
            gained, top = 0, row
        gained += gain
        whole = gained + all_come_in[row + 1 + rows] - all_come_in[row + 1]
        if whole > most:
            most, best = whole, (top, row + rows)
    return best


def _differing(one: Row, other: Row) -> int:
    return 0 if one is other else sum(map(ne, one, other))


def _text(cells: Row) -> str:
    return "".join([cell[0] if cell else " " for cell in cells]).rstrip()
