"""What the terminal shows, as far as it is known: frames as Textual writes them go in, differences come out. Pure.

What cannot be compared cell by cell is written as it came, so that the terminal treats it as it would have anyway:

- A row with links, or with characters about whose width terminals disagree (wide, combining, flags). Its cells are
  unknown afterwards, but the same row is not written twice in succession.
- A sequence that may have changed cells. Nothing is known afterwards, and the next frame is written whole.

Rows that only moved are moved by the terminal, if it can and if that is shorter; then what still differs is written.

After each call the terminal's cursor is where the frame left it, no attributes are set, and what is written past the
last column wraps: were that off, a shell could hardly be used once the line to the app is cut. It is off while last
columns are written, in case a terminal draws a character wider than expected.
"""

from typing import Final, NamedTuple

from rich.cells import cell_len

from shimmy_metrics.app.diff_driver.cell import BLANK, Cell, Row, blank_cell
from shimmy_metrics.app.diff_driver.encoder import Encoder, absolute_move, shortest_move
from shimmy_metrics.app.diff_driver.scroll import find_shift
from shimmy_metrics.app.diff_driver.sgr import PLAIN, RESET, Attributes, apply_sgr, transition
from shimmy_metrics.app.diff_driver.tokens import Token, TokenKind, has_certain_width, tokenize

MIN_SHIFT_CHARACTERS: Final = 80
"""Output that is no longer than this is not worth a search for rows that moved."""

_BEGIN_UPDATE: Final = "\x1b[?2026h"
_NO_WRAP: Final = "\x1b[?7l"
_WRAP: Final = "\x1b[?7h"
_END_LINK: Final = "\x1b]8;;\x1b\\"


class _Text(NamedTuple):
    """A text of a frame in its row. Its column is None if it follows a text of uncertain width."""

    column: int | None
    text: str
    attributes: Attributes
    certain: bool
    """Whether it takes as many cells as it has characters, and can be compared with them."""


class ScreenBuffer:
    """The terminal's cells and cursor.

    `erases_in_colour`: an erased row takes the current background colour (terminfo: bce). `resets`: the terminal cannot
    turn attributes off singly, only all at once. `scrolls`: it moves the rows of a scrolling region (csr, ind, ri).
    """

    def __init__(self, *, erases_in_colour: bool = False, resets: bool = False, scrolls: bool = False) -> None:
        self._erases_in_colour = erases_in_colour
        self._resets = resets
        self._can_scroll = self._scrolls = scrolls
        self._width = self._height = 0
        self._shown: list[Row] = []
        self._uncertain: dict[int, list[_Text]] = {}
        """The rows that were written as they came: their cells are unknown."""
        self._output: list[str] = []
        self._at_edge = False
        """Whether something of it may be written in a last column."""
        self._cursor: tuple[int, int] | None = None
        """Where the terminal's cursor is."""
        # What the frame says: where its cursor is, its attributes, its link, its texts that are still to be compared.
        self._row: int | None = None
        self._column: int | None = None
        self._attributes = PLAIN
        self._link = ""
        self._frame: dict[int, list[_Text]] = {}
        self._begun = False
        """Whether an update has begun of which nothing was written yet."""

    def resize(self, width: int, height: int) -> None:
        """Set the terminal's size. If it is another one than before, forget what the terminal shows."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = width, height
            self.forget()

    def forget(self) -> None:
        """Forget what the terminal shows: the next frame is written whole."""
        self._fill(None)
        self._row = self._column = self._cursor = None

    def translate(self, data: str) -> str:
        """Return what to write so that the terminal shows what `data` would make it show."""
        self._output = []
        self._at_edge = False
        for token in tokenize(data):
            match token.kind:
                case TokenKind.MOVE:
                    self._row, self._column = token.row, token.column
                case TokenKind.ATTRIBUTES:
                    self._attributes = apply_sgr(self._attributes, token.value)
                case TokenKind.TEXT:
                    self._add_text(token.raw)
                case TokenKind.LINK:
                    self._link = token.raw if token.value else ""
                case TokenKind.LINE_FEED if self._row is not None and self._row + 1 < self._height:
                    self._row, self._column = self._row + 1, 0
                case TokenKind.BEGIN_UPDATE:
                    self._flush()
                    self._begun = True
                case TokenKind.END_UPDATE:
                    self._flush()
                    if not self._begun:  # an update of nothing needs no marks
                        self._write(token.raw)
                    self._begun = False
                case TokenKind.HARMLESS:
                    self._flush()
                    self._write(token.raw)
                case TokenKind.ALTERNATE_SCREEN:
                    self._enter_alternate_screen(token)
                case TokenKind.UNKNOWN:
                    self._scrolls = False  # it may have set margins, or drawn an image that would move as well
                    self._pass_through(token.raw)
                case _:
                    self._pass_through(token.raw)
        self._flush()
        output = "".join(self._output)
        return without_wrap(output) if self._at_edge else output

    # --- reading a frame ----------------------------------------------------------------------------------------

    def _add_text(self, text: str) -> None:
        if self._row is None or self._row >= self._height or (self._column or 0) + cell_len(text) > self._width:
            self._at_edge = True
            self._pass_through(text)  # beyond the edge, so anything may happen
            return
        certain = self._column is not None and not self._link and has_certain_width(text)
        continues_flushed_row = self._column is None and self._row not in self._frame
        raw = f"{self._link}{text}{_END_LINK}" if self._link else text
        self._frame.setdefault(self._row, []).append(_Text(self._column, raw, self._attributes, certain))
        self._column = (self._column or 0) + len(text) if certain else None
        if continues_flushed_row:
            self._flush()  # before another row moves the cursor away from the unknown column

    def _enter_alternate_screen(self, token: Token) -> None:
        self._flush()
        # A terminal without an alternate screen has to be cleared.
        self._write(f"{token.raw}{RESET}\x1b[H\x1b[2J")
        self._fill(BLANK)
        self._scrolls = self._can_scroll
        self._row, self._column = self._cursor = (0, 0)

    def _pass_through(self, raw: str) -> None:
        """Write what may do anything, with the attributes, link and cursor that the frame gave it."""
        self._flush()
        already_forgotten = self._row is None
        self._write(f"{transition(PLAIN, self._attributes)}{self._link}{raw}")
        self._write(f"{_END_LINK if self._link else ''}{RESET if self._attributes != PLAIN else ''}")
        if not already_forgotten:
            self.forget()

    # --- writing the differences --------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        if text and self._begun:
            self._output.append(_BEGIN_UPDATE)
            self._begun = False
        self._output.append(text)

    def _flush(self) -> None:
        """Write what the frame has changed so far, and leave the cursor where the frame left it."""
        before, self._cursor = self._cursor, None
        wrote = self._write_rows()
        if self._row is None:
            return
        if not wrote:
            self._cursor = before
        if self._column is None:
            self._cursor = None  # it stays behind a text of uncertain width
        elif self._cursor != (self._row, self._column):
            # A frame that moves the cursor alone does so absolutely: another program may have moved it.
            self._at_edge |= self._column == self._width
            self._write(self._final_move(self._cursor if wrote else None))
            self._cursor = self._row, self._column

    def _final_move(self, cursor: tuple[int, int] | None) -> str:
        """Return what moves the cursor from `cursor` to where the frame left it."""
        if self._row is None or self._column is None or cursor == (self._row, self._column):
            return ""
        if self._column == self._width and self._row < self._height:
            return self._move_past_last_column(self._row)
        return shortest_move(cursor, self._row, self._column, self._width)

    def _move_past_last_column(self, row: int) -> str:
        """Return what moves the cursor past the last column: only writing the last cell does."""
        move, last = absolute_move(row, self._width - 1), self._shown[row][-1]
        if last is None:
            return move  # unknown, so the cursor did not get there by writing: that would have been written last
        character, attributes = last
        return f"{move}{transition(PLAIN, attributes)}{character}{RESET if attributes != PLAIN else ''}"

    def _write_rows(self) -> bool:
        """Write what changed in the frame's rows, in the fewest bytes; return whether anything did."""
        frame, self._frame = self._frame, {}
        compared = {row: texts for row, texts in frame.items() if all(each.certain for each in texts)}
        candidates = self._encode({row: self._with_texts(row, texts) for row, texts in sorted(compared.items())})
        last = self._row if self._column in {None, self._width} else None  # the cursor has to stay behind this row
        for row in sorted(frame.keys() - compared.keys(), key=lambda each: (each == last, each)):
            self._write_uncertain(row, frame[row], candidates)
        shortest = min(candidates, key=lambda each: len(f"{each.output()}{self._final_move(each.cursor)}".encode()))
        self._cursor = shortest.cursor
        self._at_edge |= shortest.at_edge
        output = shortest.output()
        self._write(output)
        return bool(output)

    def _write_uncertain(self, row: int, texts: list[_Text], candidates: list[Encoder]) -> None:
        """Write the row's texts as they came, unless they are what was last written there."""
        cursor_stays = self._row == row and self._column in {None, self._width}
        if self._uncertain.get(row) == texts and not cursor_stays:
            return
        for encoder in candidates:
            for column, text, attributes, certain in texts:
                if column is not None and encoder.cursor != (row, column):
                    encoder.move(row, column)
                encoder.write_text(text, attributes, len(text) if certain else None)
        self._shown[row] = [None] * self._width
        self._uncertain[row] = texts

    def _with_texts(self, row: int, texts: list[_Text]) -> Row:
        """Return the row's cells with its texts in them."""
        wanted = list(self._shown[row])
        for column, text, attributes, _ in texts:
            assert column is not None
            blank = blank_cell(attributes)
            wanted[column : column + len(text)] = [blank if each == " " else (each, attributes) for each in text]
        return wanted

    def _encode(self, wanted: dict[int, Row]) -> list[Encoder]:
        """Return the ways to write these rows: in place and, if rows moved, after the terminal has moved them."""
        shown = self._shown.copy()
        for row, cells in wanted.items():
            self._shown[row] = cells
            self._uncertain.pop(row, None)
        in_place = self._encode_changes(shown, wanted)
        worthwhile = self._scrolls and len(in_place.output()) > MIN_SHIFT_CHARACTERS
        shift = find_shift(shown, wanted) if worthwhile else None
        if shift is None:
            return [in_place]
        band = {row: self._shown[row] for row in range(shift.top, shift.bottom + 1)}
        return [
            in_place,
            self._encode_changes(shift.apply(shown), dict(sorted((wanted | band).items())), shift.sequence),
        ]

    def _encode_changes(self, shown: list[Row], wanted: dict[int, Row], first: str = "") -> Encoder:
        encoder = Encoder(erases_in_colour=self._erases_in_colour, resets=self._resets, first=first)
        for row, cells in wanted.items():
            if cells != shown[row]:
                encoder.write_row(row, shown[row], cells)
        return encoder

    def _fill(self, cell: Cell | None) -> None:
        self._shown = [[cell] * self._width for _ in range(self._height)]
        self._uncertain.clear()
        self._frame.clear()


def without_wrap(output: str) -> str:
    """Return what writes `output` on a terminal that does not wrap meanwhile, and does so afterwards."""
    return f"{_NO_WRAP}{output}{_WRAP}"
