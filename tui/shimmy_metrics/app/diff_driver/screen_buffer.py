"""What the terminal shows, as far as it is known. Frames as Textual writes them go in, differences come out. Pure.

Whatever cannot be compared cell by cell is written as it came, so that the terminal does with it what it would have
done anyway:

- a row with characters whose width terminals disagree about (wide, combining, flags), or with links in it. The row's
  cells are unknown then; the same row again is still not written again;
- a sequence that is not known to leave the cells alone. Nothing is known then, and the next frame is written whole.

Rows that only moved are moved by the terminal, where it can and where that is shorter; then what still differs is
written.

Between two calls the terminal has the cursor where it would have it without the grid, and no attributes set.
"""

from typing import Final, NamedTuple

from rich.cells import cell_len

from shimmy_metrics.app.diff_driver.cell import BLANK, Cell, Row, blank
from shimmy_metrics.app.diff_driver.encoder import Encoder, to, way
from shimmy_metrics.app.diff_driver.scroll import find_shift
from shimmy_metrics.app.diff_driver.sgr import PLAIN, RESET, Attributes, apply_sgr, transition
from shimmy_metrics.app.diff_driver.tokens import Token, TokenKind, has_certain_width, tokenize

SHORT: Final = 80
"""Bytes that are not worth a look for rows that moved."""

_BEGIN: Final = "\x1b[?2026h"
_NO_LINK: Final = "\x1b]8;;\x1b\\"


class _Text(NamedTuple):
    """Text of a frame in its row. Without a column it follows on what was written before, wherever that ended."""

    column: int | None
    text: str
    pen: Attributes
    certain: bool


class ScreenBuffer:
    """A picture of the terminal.

    `erases_in_colour`: an erased row takes the background colour there (bce). `resets`: the terminal can only turn all
    attributes off at once, as the oldest can. `scrolls`: it moves the rows of a scrolling region (csr, ind, ri).
    """

    def __init__(self, *, erases_in_colour: bool = False, resets: bool = False, scrolls: bool = False) -> None:
        self._bce = erases_in_colour
        self._resets = resets
        self._can_scroll = self._scrolls = scrolls
        self._width = self._height = 0
        self._shown: list[Row] = []
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
        for piece in tokenize(data):
            match piece.kind:
                case TokenKind.MOVE:
                    self._row, self._column = piece.row, piece.column
                case TokenKind.ATTRIBUTES:
                    self._pen = apply_sgr(self._pen, piece.value)
                case TokenKind.TEXT:
                    self._text(piece.raw)
                case TokenKind.LINK:
                    self._link = piece.raw if piece.value else ""
                case TokenKind.LINE if self._row is not None and self._row + 1 < self._height:
                    self._row, self._column = self._row + 1, 0
                case TokenKind.BEGIN:
                    self._differences()
                    self._begun = True
                case TokenKind.END:
                    self._differences()
                    if not self._begun:  # an update of nothing needs no marks
                        self._write(piece.raw)
                    self._begun = False
                case TokenKind.HARMLESS:
                    self._differences()
                    self._write(piece.raw)
                case TokenKind.ALTERNATE:
                    self._alternate(piece)
                case TokenKind.UNKNOWN:
                    self._scrolls = False  # it may have set margins, or left a picture that would move along
                    self._pass(piece.raw)
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
        known = self._column is not None and not self._link and has_certain_width(text)
        follows = self._column is None and self._row not in self._frame
        shown = f"{self._link}{text}{_NO_LINK}" if self._link else text
        self._frame.setdefault(self._row, []).append(_Text(self._column, shown, self._pen, known))
        if not known:
            self._column = None
        else:
            self._column = (self._column or 0) + len(text)
        if follows:
            self._differences()  # before any other row takes the cursor away

    def _alternate(self, piece: Token) -> None:
        self._differences()
        # Not every terminal has a second screen: one that has none is cleared as well.
        self._write(f"{piece.raw}{RESET}\x1b[H\x1b[2J")
        self._fill(BLANK)
        self._scrolls = self._can_scroll
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
            self._write(self._last_step(self._cursor if written else None))
            self._cursor = self._row, self._column

    def _last_step(self, cursor: tuple[int, int] | None) -> str:
        """Return what brings the cursor from there to where the frame left it."""
        if self._row is None or self._column is None or cursor == (self._row, self._column):
            return ""
        if self._column == self._width and self._row < self._height:
            return self._behind(self._row)
        return way(cursor, self._row, self._column, self._width)

    def _rows(self) -> bool:
        """Write what changed in the frame's rows, as briefly as it can be said; return whether anything did."""
        frame, self._frame = self._frame, {}
        compared = {row: texts for row, texts in frame.items() if all(each.certain for each in texts)}
        said = self._cells({row: self._wanted(row, texts) for row, texts in sorted(compared.items())})
        lasting = self._row if self._column in {None, self._width} else None
        for row in sorted(frame.keys() - compared.keys(), key=lambda each: (each == lasting, each)):
            self._as_it_came(row, frame[row], said)
        writing = min(said, key=lambda each: len(f"{each.ended()}{self._last_step(each.cursor)}".encode()))
        self._cursor = writing.cursor
        made = writing.ended()
        self._write(made)
        return bool(made)

    def _behind(self, row: int) -> str:
        """Return what brings the cursor behind the last column: only writing there does."""
        place, last = to(row, self._width - 1), self._shown[row][-1]
        if last is None:
            return place  # it did not get there by writing: that would have been written last
        character, attributes = last
        return f"{place}{transition(PLAIN, attributes)}{character}{RESET if attributes != PLAIN else ''}"

    def _as_it_came(self, row: int, texts: list[_Text], said: list[Encoder]) -> None:
        """Write the row's texts in their order, unless they are what was written there last."""
        left_there = self._row == row and self._column in {None, self._width}
        if self._uncertain.get(row) == texts and not left_there:
            return
        for writing in said:
            for column, text, attributes, known in texts:
                if column is not None and writing.cursor != (row, column):
                    writing.place(row, column)
                writing.text(text, attributes, len(text) if known else None)
        self._shown[row] = [None] * self._width
        self._uncertain[row] = texts

    def _wanted(self, row: int, texts: list[_Text]) -> Row:
        """Return the row's cells with its texts in them."""
        wanted = list(self._shown[row])
        for column, text, attributes, _ in texts:
            assert column is not None
            empty = blank(attributes)
            end = column + len(text)
            wanted[column:end] = [empty if each == " " else (each, attributes) for each in text]
        return wanted

    def _cells(self, wanted: dict[int, Row]) -> list[Encoder]:
        """Write what changes these rows' cells: each where it is and, where rows moved, after they were moved."""
        shown = self._shown.copy()
        for row, cells in wanted.items():
            self._shown[row] = cells
            self._uncertain.pop(row, None)
        in_place = self._changes(shown, wanted)
        shift = find_shift(shown, wanted) if self._scrolls and len(in_place.ended()) > SHORT else None
        if shift is None:
            return [in_place]
        band = {row: self._shown[row] for row in range(shift.top, shift.bottom + 1)}
        return [in_place, self._changes(shift.moved(shown), dict(sorted((wanted | band).items())), shift.sequence)]

    def _changes(self, shown: list[Row], wanted: dict[int, Row], first: str = "") -> Encoder:
        writing = Encoder(erases_in_colour=self._bce, resets=self._resets, first=first)
        for row, cells in wanted.items():
            if cells != shown[row]:
                writing.row(row, shown[row], cells)
        return writing

    def _fill(self, cell: Cell | None) -> None:
        self._shown = [[cell] * self._width for _ in range(self._height)]
        self._uncertain.clear()
        self._frame.clear()
