"""Find rows that only moved: a band of rows that the new frame shows some rows further up or down. Pure.

A terminal moves such a band itself, within a scrolling region, for about fifteen bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import ne
from typing import Final, NamedTuple

from shimmy_metrics.app.diff_driver.cell import BLANK, Row

_NEVER: Final = -1_000_000
"""What moving a row gains that must not be moved."""


class Shift(NamedTuple):
    """Moves the rows from `top` to `bottom`, both from 0, up by `distance`; if that is negative, down."""

    top: int
    bottom: int
    distance: int

    @property
    def sequence(self) -> str:
        """What makes the terminal move the rows. No attributes may be set.

        It ends by making the scrolling region the whole screen again, which leaves the cursor somewhere.
        """
        edge, step = (self.bottom, "\n") if self.distance > 0 else (self.top, "\x1bM")
        return f"\x1b[{self.top + 1};{self.bottom + 1}r\x1b[{edge + 1}H{step * abs(self.distance)}\x1b[r"

    def apply(self, shown: Sequence[Row]) -> list[Row]:
        """Return the screen's rows after the move; the rows that enter the band are blank."""
        blank: list[Row] = [[BLANK] * len(shown[0])] * abs(self.distance)
        band = shown[self.top : self.bottom + 1]
        band = [*band[self.distance :], *blank] if self.distance > 0 else [*blank, *band[: self.distance]]
        return [*shown[: self.top], *band, *shown[self.bottom + 1 :]]


def find_shift(shown: Sequence[Row], wanted: Mapping[int, Row]) -> Shift | None:
    """Return the shift that leaves the fewest cells to write, or None if none saves any.

    `wanted` are the new frame's rows by number; the others do not change. The first row is never moved: some terminals
    add what leaves the screen at its top to the scrollback. Nor is a row with an unknown cell.
    """
    changed = {row: cells for row, cells in wanted.items() if row and cells != shown[row] and None not in shown[row]}
    distance = _most_frequent_distance(shown, changed)
    if not distance:
        return None
    fixed = [not row or None in cells or None in wanted.get(row, ()) for row, cells in enumerate(shown)]
    after = [wanted.get(row, cells) for row, cells in enumerate(shown)]
    if distance > 0:
        band = _best_band(shown, after, fixed, distance)
        return Shift(*band, distance) if band else None
    band = _best_band(shown[::-1], after[::-1], fixed[::-1], -distance)  # moving down is moving up, upside down
    return Shift(len(shown) - 1 - band[1], len(shown) - 1 - band[0], distance) if band else None


def _most_frequent_distance(shown: Sequence[Row], changed: Mapping[int, Row]) -> int:
    """Return the distance up by which most rows moved whose text is shown once; 0 if none moved."""
    blank: Row = [BLANK] * len(shown[0])
    rows: dict[str, int] = {}
    for row in changed:
        if shown[row] != blank:
            text = _text(shown[row])
            rows[text] = 0 if text in rows else row
    if not rows:
        return 0
    rows[""] = 0
    distances = Counter(before - row for row, cells in changed.items() if (before := rows.get(_text(cells), 0)))
    return distances.most_common(1)[0][0] if distances else 0


def _best_band(
    before: Sequence[Row], after: Sequence[Row], fixed: Sequence[bool], distance: int
) -> tuple[int, int] | None:
    """Return the first and last row of the band that saves most cells if it moves up, or None if none saves any."""
    in_place = [_count_different(*each) for each in zip(before, after, strict=True)]
    moved = [
        _NEVER if fixed[row] or fixed[row + distance] else in_place[row] - _count_different(before[row + distance], new)
        for row, new in enumerate(after[: len(before) - distance])
    ]
    entering = [_NEVER if fixed[row] else in_place[row] - len(_text(after[row])) for row in range(len(before))]
    entering_up_to = list(accumulate(entering, initial=0))
    most, best = 0, None
    gained, top = 0, 0
    for row, gain in enumerate(moved):
        if gained <= 0:
            gained, top = 0, row
        gained += gain
        total = gained + entering_up_to[row + 1 + distance] - entering_up_to[row + 1]
        if total > most:
            most, best = total, (top, row + distance)
    return best


def _count_different(one: Row, other: Row) -> int:
    return 0 if one is other else sum(map(ne, one, other))


def _text(cells: Row) -> str:
    return "".join([cell[0] if cell else " " for cell in cells]).rstrip()
