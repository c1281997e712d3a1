"""Write the cells of rows that differ, with the shortest moves and attribute changes between them. Pure."""

from typing import Final

from shimmy_metrics.app.diff_driver.cell import Row, attributes_for, shows_on_blank
from shimmy_metrics.app.diff_driver.sgr import PLAIN, RESET, Attributes, transition

MIN_ERASED: Final = 6
"""The number of blank cells at a row's end from which an erasing sequence is shorter than the blanks."""


class Encoder:
    """Collects what is written at once, and knows where that leaves the cursor.

    The first move is absolute: another program may have moved the cursor. `erases_in_colour` and `resets` describe the
    terminal, as in `ScreenBuffer`; `first` is written before all else.
    """

    def __init__(self, *, erases_in_colour: bool, resets: bool, first: str = "") -> None:
        self._erases_in_colour = erases_in_colour
        self._resets = resets
        self._output = [first]
        self._attributes = PLAIN
        self.cursor: tuple[int, int] | None = None
        self.at_edge = False
        """Whether something may have been written in a last column."""

    def output(self) -> str:
        """Return what was written, followed by a reset of the attributes if any is set."""
        return f"{''.join(self._output)}{RESET if self._attributes != PLAIN else ''}"

    def move(self, row: int, column: int) -> None:
        """Move the cursor, wherever it is."""
        self._output.append(absolute_move(row, column))
        self.cursor = row, column

    def write_text(self, text: str, attributes: Attributes, cells: int | None) -> None:
        """Write a text that takes `cells` cells; None if terminals disagree about its width."""
        self._set_attributes(attributes)
        self._output.append(text)
        self.at_edge = True
        self.cursor = (self.cursor[0], self.cursor[1] + cells) if self.cursor and cells is not None else None

    def write_row(self, row: int, shown: Row, wanted: Row) -> None:
        """Write the cells of a row that differ."""
        tail = self._blank_tail(wanted)
        for column, cell in enumerate(wanted):
            if cell is None or cell == shown[column]:
                continue
            if self.cursor != (row, column):
                self._output.append(self._advance(row, column, wanted))
            if cell[1] is not self._attributes:
                self._set_attributes(attributes_for(cell, self._attributes))
            if column >= tail and len(wanted) - column >= MIN_ERASED:
                self._output.append("\x1b[K")
                self.cursor = row, column
                break
            self._output.append(cell[0])
            self.at_edge |= column + 1 == len(wanted)
            self.cursor = row, column + 1

    def _advance(self, row: int, column: int, wanted: Row) -> str:
        """Return what brings the cursor to a cell: a move, or the cells before it once more if that is no longer.

        Cells are repeated only if they need no other attributes than the current ones.
        """
        move = shortest_move(self.cursor, row, column, len(wanted))
        if self.cursor is None or self.cursor[0] != row or not 0 < column - self.cursor[1] <= len(move):
            return move
        between = wanted[self.cursor[1] : column]
        if any(cell is None or attributes_for(cell, self._attributes) != self._attributes for cell in between):
            return move
        repeated = "".join(cell[0] for cell in between if cell)
        return repeated if len(repeated.encode()) <= len(move) else move

    def _blank_tail(self, wanted: Row) -> int:
        """Return the column from which erasing gives the rest of the row; the row's width if there is none."""
        last = wanted[-1]
        if last is None or last[0] != " " or shows_on_blank(last[1]):
            return len(wanted)
        if last[1].background and not self._erases_in_colour:
            return len(wanted)
        tail = len(wanted)
        while tail > 0 and wanted[tail - 1] == last:
            tail -= 1
        return tail

    def _set_attributes(self, attributes: Attributes) -> None:
        if attributes != self._attributes:
            self._output.append(transition(self._attributes, attributes, resets=self._resets))
            self._attributes = attributes


def absolute_move(row: int, column: int) -> str:
    """Return the sequence that moves the cursor, wherever it is."""
    return f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H"


def shortest_move(cursor: tuple[int, int] | None, row: int, column: int, width: int) -> str:
    """Return the shortest sequence that moves the cursor from where it is; None: that is unknown."""
    absolute = absolute_move(row, column)
    if cursor is None or cursor[1] >= width:
        return absolute  # past the last column, terminals disagree about where the cursor is
    relative = f"{_steps(row - cursor[0], 'B', 'A')}{_steps(column - cursor[1], 'C', 'D')}"
    return min(absolute, relative, key=len)


def _steps(count: int, forward: str, back: str) -> str:
    if not count:
        return ""
    return f"\x1b[{abs(count) if abs(count) > 1 else ''}{forward if count > 0 else back}"
