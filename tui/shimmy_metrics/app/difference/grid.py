"""What the terminal shows, as far as it is known. Frames as Textual writes them go in, differences come out. Pure.

A frame is text with cursor moves and attributes. Whatever else comes is passed on as it is; a sequence that is not
known to leave the cells alone makes the grid forget what it knew, so that the next frame is written whole.
"""

import re
from dataclasses import replace
from typing import Final

from rich.cells import cell_len

from shimmy_metrics.app.difference.style import RESET, Attributes, parsed, transition

Cell = tuple[str, Attributes]
"""A character (with what combines with it) and its attributes; the second half of a wide one is empty."""

PLAIN: Final = Attributes()
BLANK: Final[Cell] = (" ", PLAIN)

GAP: Final = 4
"""Unchanged cells that cost no more than a cursor move to jump over them."""

ERASED: Final = 6
"""Blank cells to a row's end from which an erasing sequence is shorter than the blanks."""

_TOKEN: Final = re.compile(
    r"(?P<move>\x1b\[(?P<row>\d*);(?P<column>\d*)H)"
    r"|(?P<sgr>\x1b\[(?P<parameters>[\d;]*)m)"
    r"|(?P<alternate>\x1b\[\?1049h)"
    r"|(?P<harmless>\x1b\[\?(?!1049)[\d;]*\$?[hlp]|\x1b\[[<>=][\d;]*[a-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<line>\n)"
    r"|(?P<unknown>\x1b\[[\d;?<=>!$ ]*[@-~]|\x1b.|.)",
    re.DOTALL,
)


class Grid:
    """A picture of the terminal. `erases_in_colour`: an erased row takes the background colour there (bce)."""

    def __init__(self, *, erases_in_colour: bool) -> None:
        self._bce = erases_in_colour
        self._width = self._height = 0
        self._shown: list[list[Cell | None]] = []
        self._wanted: list[list[Cell | None]] = []
        self._touched: set[int] = set()
        self._cursor: tuple[int, int] | None = None
        self._place = (0, 0)
        self._moved = False

    def resize(self, width: int, height: int) -> None:
        """Take the terminal's size; another one than before makes the grid forget."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = width, height
            self.forget()

    def forget(self) -> None:
        """Know nothing of what the terminal shows: the next frame is written whole."""
        self._fill(None)

    def translate(self, data: str) -> str:
        """Return what has to be written so that the terminal shows what `data` would make it show."""
        made: list[str] = []
        style = PLAIN
        chain = ""
        self._moved = False
        for match in _TOKEN.finditer(data):
            if match["move"]:
                self._place = (int(match["row"] or 1) - 1, int(match["column"] or 1) - 1)
                self._moved = True
            elif match["sgr"]:
                parameters = match["parameters"]
                chain = f"{chain};{parameters}" if chain and parameters not in {"", "0"} else parameters
                style = parsed(chain) if chain else PLAIN
            elif match["text"]:
                self._put(match["text"], style)
            elif match["line"]:
                self._place = (self._place[0] + 1, 0)
            else:
                made.append(self._differences())
                made.append(match[0])
                if match["alternate"]:
                    # Not every terminal has a second screen: one that has none is cleared as well.
                    made.append(f"{RESET}\x1b[H\x1b[2J")
                    self._fill(BLANK)
                    self._cursor = self._place = (0, 0)
                elif match["unknown"]:
                    self.forget()
        made.append(self._differences())
        return "".join(made)

    def _fill(self, cell: Cell | None) -> None:
        self._shown = [[cell] * self._width for _ in range(self._height)]
        self._wanted = [[cell] * self._width for _ in range(self._height)]
        self._touched.clear()
        self._cursor = None

    def _put(self, text: str, style: Attributes) -> None:
        row, column = self._place
        if not 0 <= row < self._height:
            return
        cells = self._wanted[row]
        self._touched.add(row)
        if text.isascii():
            end = min(column + len(text), self._width)
            blank = _blank(style)
            kept = text[: max(end - column, 0)]
            cells[column:end] = [blank if character == " " else (character, style) for character in kept]
            self._place = (row, column + len(text))
            return
        for character in text:
            size = cell_len(character)
            if size == 0:
                before = cells[column - 1] if 0 < column <= self._width else None
                if before is not None:
                    cells[column - 1] = (before[0] + character, before[1])
            elif column + size <= self._width:
                cells[column] = _blank(style) if character == " " else (character, style)
                if size > 1:
                    cells[column + 1] = ("", style)
            column += size
        self._place = (row, column)

    def _differences(self) -> str:
        made: list[str] = []
        style = PLAIN
        for row in sorted(self._touched):
            text, style = self._row(row, style)
            made.append(text)
        self._touched.clear()
        if style != PLAIN:
            made.append(RESET)
        if self._moved and self._place != self._cursor:
            made.append(f"\x1b[{self._place[0] + 1};{self._place[1] + 1}H")
            self._cursor = self._place
        return "".join(made)

    def _row(self, row: int, style: Attributes) -> tuple[str, Attributes]:
        """Return what changes the row, and the attributes in force afterwards."""
        shown, wanted = self._shown[row], self._wanted[row]
        changed = [index for index, cell in enumerate(wanted) if cell is not None and cell != shown[index]]
        if not changed:
            return "", style
        if any(cell is not None and len(cell[0]) != 1 for cell in (*shown, *wanted)):
            # Halves of wide characters and combined ones: terminals differ, so the whole row is written.
            changed = [index for index, cell in enumerate(wanted) if cell is not None]
        made: list[str] = []
        tail = self._blank_tail(row)
        column = -1
        index = 0
        while index < len(changed):
            at = changed[index]
            if column != at:
                made.append(self._move(row, column, at))
                column = at
            if at >= tail and self._width - at >= ERASED:
                blank = wanted[at]
                assert blank is not None
                next_style = _under(blank, style)
                made.append(f"{transition(style, next_style)}\x1b[K")
                style = next_style
                break
            following = changed[index + 1] if index + 1 < len(changed) else at + 1
            # A short gap is written again: that is shorter than a move over it.
            end = following if following - at <= GAP and following < tail else at + 1
            for place in range(at, end):
                cell = wanted[place]
                if cell is None:
                    break
                next_style = _under(cell, style)
                made.append(f"{transition(style, next_style)}{cell[0]}")
                style = next_style
                column = place + 1
            index += 1
        # What stands in the last column leaves the cursor where terminals disagree about it.
        self._cursor = None
        self._shown[row] = list(wanted)
        return "".join(made), style

    def _blank_tail(self, row: int) -> int:
        """Return the column from which the row is blank in one background that erasing gives; its width where not."""
        wanted = self._wanted[row]
        last = wanted[-1]
        if last is None or last[0] != " ":
            return self._width
        if _drawn(last[1]) or (last[1].background and not self._bce):
            return self._width
        tail = self._width
        while tail > 0 and wanted[tail - 1] == last:
            tail -= 1
        return tail

    def _move(self, row: int, column: int, to: int) -> str:
        if 0 <= column < to:
            return f"\x1b[{to - column}C"
        return f"\x1b[{row + 1};{to + 1}H" if to else f"\x1b[{row + 1}H"


def _drawn(attributes: Attributes) -> bool:
    """Whether a blank with these attributes shows something that erasing would not."""
    return bool(attributes.underline or attributes.reverse or attributes.strike or attributes.other)


def _blank(attributes: Attributes) -> Cell:
    """Return a blank: of its attributes only those count that can be seen."""
    return (" ", attributes if _drawn(attributes) else Attributes(background=attributes.background))


def _under(cell: Cell, current: Attributes) -> Attributes:
    """Return the attributes to write the cell with: a blank takes the current ones, but for its background."""
    if cell[0] != " " or _drawn(cell[1]) or _drawn(current):
        return cell[1]
    return replace(current, background=cell[1].background)
