"""Rows as they are written: the cells that differ, each by the shortest way to its place and its attributes. Pure."""

from typing import Final

from shimmy_metrics.app.diff_driver.cell import Row, drawn, under
from shimmy_metrics.app.diff_driver.sgr import PLAIN, RESET, Attributes, transition

ERASED: Final = 6
"""Blank cells to a row's end from which an erasing sequence is shorter than the blanks."""


class Encoder:
    """What is written at once, and where it leaves the cursor.

    It begins with a place, not with a step from where the cursor was: another program may have moved it.
    `erases_in_colour` and `resets` are the terminal's, as the grid has them; `first` comes before all else.
    """

    def __init__(self, *, erases_in_colour: bool, resets: bool, first: str = "") -> None:
        self._bce = erases_in_colour
        self._resets = resets
        self._made = [first]
        self._pen = PLAIN
        self.cursor: tuple[int, int] | None = None

    def ended(self) -> str:
        """Return what was written, with no attributes set in the end."""
        return f"{''.join(self._made)}{RESET if self._pen != PLAIN else ''}"

    def place(self, row: int, column: int) -> None:
        """Place the cursor, wherever it is."""
        self._made.append(to(row, column))
        self.cursor = row, column

    def text(self, text: str, attributes: Attributes, cells: int | None) -> None:
        """Write a text that takes so many cells; None where terminals disagree about that."""
        self._take(attributes)
        self._made.append(text)
        self.cursor = (self.cursor[0], self.cursor[1] + cells) if self.cursor and cells is not None else None

    def row(self, row: int, shown: Row, wanted: Row) -> None:
        """Write what differs in a row."""
        tail = self._blank_tail(wanted)
        for at, cell in enumerate(wanted):
            if cell is None or cell == shown[at]:
                continue
            if self.cursor != (row, at):
                self._made.append(self._there(row, at, wanted))
            if cell[1] is not self._pen:
                self._take(under(cell, self._pen))
            if at >= tail and len(wanted) - at >= ERASED:
                self._made.append("\x1b[K")
                self.cursor = row, at
                break
            self._made.append(cell[0])
            self.cursor = row, at + 1

    def _there(self, row: int, column: int, wanted: Row) -> str:
        """Return the shortest way to a cell: a move, or over what stands between.

        That is written again where it needs no other attributes than those in force.
        """
        short = way(self.cursor, row, column, len(wanted))
        if self.cursor is None or self.cursor[0] != row or not 0 < column - self.cursor[1] <= len(short):
            return short
        between = wanted[self.cursor[1] : column]
        if any(cell is None or under(cell, self._pen) != self._pen for cell in between):
            return short
        again = "".join(cell[0] for cell in between if cell)
        return again if len(again.encode()) <= len(short) else short

    def _blank_tail(self, wanted: Row) -> int:
        """Return the column from which the row is blank in one background that erasing gives; its width where not."""
        last = wanted[-1]
        if last is None or last[0] != " " or drawn(last[1]) or (last[1].background and not self._bce):
            return len(wanted)
        tail = len(wanted)
        while tail > 0 and wanted[tail - 1] == last:
            tail -= 1
        return tail

    def _take(self, attributes: Attributes) -> None:
        if attributes != self._pen:
            self._made.append(transition(self._pen, attributes, resets=self._resets))
            self._pen = attributes


def to(row: int, column: int) -> str:
    """Return what places the cursor, wherever it is."""
    return f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H"


def way(cursor: tuple[int, int] | None, row: int, column: int, width: int) -> str:
    """Return the shortest move from where the cursor is, if that is known."""
    place = to(row, column)
    if cursor is None or cursor[1] >= width:
        return place  # behind the last column is where terminals disagree
    down, along = row - cursor[0], column - cursor[1]
    return min(place, f"{_steps(down, 'B', 'A')}{_steps(along, 'C', 'D')}", key=len)


def _steps(count: int, on: str, back: str) -> str:
    if not count:
        return ""
    return f"\x1b[{abs(count) if abs(count) > 1 else ''}{on if count > 0 else back}"
