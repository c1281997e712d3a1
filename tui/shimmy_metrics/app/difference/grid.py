"""What the terminal shows, as far as it is known. Frames as Textual writes them go in, differences come out. Pure.

Whatever cannot be compared cell by cell is written as it came, so that the terminal does with it what it would have
done anyway:

- a row with characters whose width terminals disagree about (wide, combining, flags), or with links in it. The row's
  cells are unknown then; the same row again is still not written again;
- a sequence that is not known to leave the cells alone. Nothing is known then, and the next frame is written whole.

Between two calls the terminal has the cursor where it would have it without the grid, and no attributes set.
"""

from typing import Final, NamedTuple

from rich.cells import cell_len

from shimmy_metrics.app.difference.cell import BLANK, Cell, blank, drawn, under
from shimmy_metrics.app.difference.frame import Kind, Piece, certain, pieces
from shimmy_metrics.app.difference.style import PLAIN, RESET, Attributes, applied, transition

ERASED: Final = 6
"""Blank cells to a row's end from which an erasing sequence is shorter than the blanks."""

_BEGIN: Final = "\x1b[?2026h"
_NO_LINK: Final = "\x1b]8;;\x1b\\"


class _Text(NamedTuple):
    """Text of a frame in its row. Without a column it follows on what was written before, wherever that ended."""

    column: int | None
    text: str
    pen: Attributes
    certain: bool


class Grid:
    """A picture of the terminal.

    `erases_in_colour`: an erased row takes the background colour there (bce). `resets`: the terminal can only turn all
    attributes off at once, as the oldest can.
    """

    def __init__(self, *, erases_in_colour: bool = False, resets: bool = False) -> None:
        self._bce = erases_in_colour
        self._resets = resets
        self._width = self._height = 0
        self._shown: list[list[Cell | None]] = []
        self._uncertain: dict[int, list[_Text]] = {}
        self._frame: dict[int, list[_Text]] = {}
        self._made: list[str] = []
        self._row: int | None = None
        self._column: int | None = None
        self._cursor: tuple[int, int] | None = None
        self._pen = PLAIN
        self._link = ""
        self._begun = False

    def resize(self, width: int, height: int) -> None:
        """Take the terminal's size; another one than before makes the grid forget."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = width, height
            self.forget()

    def forget(self) -> None:
        """Know nothing of what the terminal shows: the next frame is written whole."""
        self._fill(None)
        self._row = self._column = self._cursor = None

    def translate(self, data: str) -> str:
        """Return what has to be written so that the terminal shows what `data` would make it show."""
        self._made = []
        for piece in pieces(data):
            match piece.kind:
                case Kind.MOVE:
                    self._row, self._column = piece.row, piece.column
                case Kind.ATTRIBUTES:
                    self._pen = applied(self._pen, piece.value)
                case Kind.TEXT:
                    self._text(piece.raw)
                case Kind.LINK:
                    self._link = piece.raw if piece.value else ""
                case Kind.LINE if self._row is not None and self._row + 1 < self._height:
                    self._row, self._column = self._row + 1, 0
                case Kind.BEGIN:
                    self._differences()
                    self._begun = True
                case Kind.END:
                    self._differences()
                    if not self._begun:  # an update of nothing needs no marks
                        self._write(piece.raw)
                    self._begun = False
                case Kind.HARMLESS:
                    self._differences()
                    self._write(piece.raw)
                case Kind.ALTERNATE:
                    self._alternate(piece)
                case _:
                    self._pass(piece.raw)
        self._differences()
        return "".join(self._made)

    # --- what a frame says --------------------------------------------------------------------------------------

    def _text(self, text: str) -> None:
        if self._row is None or self._row >= self._height:
            self._pass(text)
            return
        if self._column is not None and self._column + cell_len(text) > self._width:
            self._pass(text)  # over the edge: it may wrap, and scroll
            return
        known = self._column is not None and not self._link and certain(text)
        follows = self._column is None and self._row not in self._frame
        shown = f"{self._link}{text}{_NO_LINK}" if self._link else text
        self._frame.setdefault(self._row, []).append(_Text(self._column, shown, self._pen, known))
        if not known:
            self._column = None
        else:
            self._column = (self._column or 0) + len(text)
        if follows:
            self._differences()  # before any other row takes the cursor away

    def _alternate(self, piece: Piece) -> None:
        self._differences()
        # Not every terminal has a second screen: one that has none is cleared as well.
        self._write(f"{piece.raw}{RESET}\x1b[H\x1b[2J")
        self._fill(BLANK)
        self._row, self._column = self._cursor = (0, 0)

    def _pass(self, raw: str) -> None:
        """Write what may do anything, with the attributes and the cursor as they would be without the grid."""
        self._differences()
        lost = self._row is None
        self._write(f"{transition(PLAIN, self._pen)}{self._link}{raw}")
        self._write(f"{_NO_LINK if self._link else ''}{RESET if self._pen != PLAIN else ''}")
        if not lost:
            self.forget()

    # --- what is written ----------------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        if text and self._begun:
            self._made.append(_BEGIN)
            self._begun = False
        self._made.append(text)

    def _differences(self) -> None:
        """Write what the frame changed so far, and leave the cursor where the frame left it."""
        standing, self._cursor = self._cursor, None
        written = self._rows()
        if self._row is None:
            return
        if not written:
            self._cursor = standing
        if self._column is None:
            self._cursor = None  # it stands behind a text of uncertain width, and stays there
        elif self._cursor != (self._row, self._column):
            behind = self._column == self._width and self._row < self._height
            step = self._way if written else _to
            self._write(self._behind(self._row) if behind else step(self._row, self._column))
            self._cursor = self._row, self._column

    def _rows(self) -> bool:
        """Write what changed in the frame's rows; return whether anything did.

        It begins with a place, not with a step from where the cursor was: another program may have moved it.
        """
        pen = PLAIN
        written = False
        lasting = self._row if self._column is None else None
        for row, texts in sorted(self._frame.items(), key=lambda each: (each[0] == lasting, each[0])):
            made, pen = (self._cells if all(each.certain for each in texts) else self._as_it_came)(row, texts, pen)
            written = written or bool(made)
            self._write(made)
        self._frame.clear()
        if pen != PLAIN:
            self._write(RESET)
        return written

    def _behind(self, row: int) -> str:
        """Return what brings the cursor behind the last column: only writing there does."""
        character, attributes = self._shown[row][-1] or BLANK
        end = RESET if attributes != PLAIN else ""
        return f"{_to(row, self._width - 1)}{transition(PLAIN, attributes)}{character}{end}"

    def _as_it_came(self, row: int, texts: list[_Text], pen: Attributes) -> tuple[str, Attributes]:
        """Return the row's texts in their order, unless they are what was written there last."""
        left_there = self._row == row and self._column in {None, self._width}
        if self._uncertain.get(row) == texts and not left_there:
            return "", pen
        made: list[str] = []
        at: int | None = -1
        for column, text, wanted, known in texts:
            if column is not None and column != at:
                made.append(_to(row, column))
            made.append(f"{self._step(pen, wanted)}{text}")
            pen = wanted
            at = column + len(text) if known and column is not None else None
        self._cursor = (row, at) if at is not None else None
        self._shown[row] = [None] * self._width
        self._uncertain[row] = texts
        return "".join(made), pen

    def _cells(self, row: int, texts: list[_Text], pen: Attributes) -> tuple[str, Attributes]:
        """Return what changes the row's cells, and the attributes in force afterwards."""
        self._uncertain.pop(row, None)
        shown = self._shown[row]
        wanted = list(shown)
        for column, text, attributes, _ in texts:
            assert column is not None
            empty = blank(attributes)
            end = column + len(text)
            wanted[column:end] = [empty if each == " " else (each, attributes) for each in text]
        if wanted == shown:
            return "", pen
        self._shown[row] = wanted
        return self._changed(row, shown, wanted, pen)

    def _changed(
        self, row: int, shown: list[Cell | None], wanted: list[Cell | None], pen: Attributes
    ) -> tuple[str, Attributes]:
        made: list[str] = []
        tail = self._blank_tail(wanted)
        for at, cell in enumerate(wanted):
            if cell is None or cell == shown[at]:
                continue
            made.append(self._way(row, at, pen))
            wished = under(cell, pen)
            made.append(self._step(pen, wished))
            pen = wished
            if at >= tail and self._width - at >= ERASED:
                made.append("\x1b[K")
                self._cursor = row, at
                break
            made.append(cell[0])
            self._cursor = row, at + 1
        return "".join(made), pen

    def _way(self, row: int, column: int, pen: Attributes | None = None) -> str:
        """Return the shortest way for the cursor: to a place, along from where it is, or over what stands between.

        That is written again where it needs no other attributes than the pen's; without one nothing is.
        """
        place = _to(row, column)
        if self._cursor is None or self._cursor[1] >= self._width:
            return place  # behind the last column is where terminals disagree
        down, along = row - self._cursor[0], column - self._cursor[1]
        short = min(place, f"{_steps(down, 'B', 'A')}{_steps(along, 'C', 'D')}", key=len)
        if down or pen is None or not 0 < along <= len(short):
            return short
        between = self._shown[row][self._cursor[1] : column]
        if any(cell is None or under(cell, pen) != pen for cell in between):
            return short
        again = "".join(cell[0] for cell in between if cell)
        return again if len(again.encode()) <= len(short) else short

    def _blank_tail(self, wanted: list[Cell | None]) -> int:
        """Return the column from which the row is blank in one background that erasing gives; its width where not."""
        last = wanted[-1]
        if last is None or last[0] != " " or drawn(last[1]) or (last[1].background and not self._bce):
            return self._width
        tail = self._width
        while tail > 0 and wanted[tail - 1] == last:
            tail -= 1
        return tail

    def _step(self, before: Attributes, after: Attributes) -> str:
        return transition(before, after, resets=self._resets)

    def _fill(self, cell: Cell | None) -> None:
        self._shown = [[cell] * self._width for _ in range(self._height)]
        self._uncertain.clear()
        self._frame.clear()


def _to(row: int, column: int) -> str:
    return f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H"


def _steps(count: int, on: str, back: str) -> str:
    if not count:
        return ""
    return f"\x1b[{abs(count) if abs(count) > 1 else ''}{on if count > 0 else back}"
