"""The frames that Textual writes for an app under test, and terminals in memory that show them."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, Generic, Protocol, TypeVar

import pyte
import pytest
from textual.drivers import headless_driver
from textual.pilot import Pilot

from shimmy_metrics.app.diff_driver.screen_buffer import ScreenBuffer
from support.opened import press

_UNSHOWN: Final = re.compile(r"\x1b\[[<>=][\d;]*[a-z]|\x1b\[\?\d+\$p|\x1b\]8;[^\x1b]*\x1b\\")
"""What pyte would show as text: the keyboard's protocol, questions, links."""

_KEY_NAMES: Final = {"]": "right_square_bracket", "/": "slash", "?": "question_mark"}
"""Textual's, where they differ from what is typed."""

_SCROLLED: Final = re.compile(r"\x1b\[\d+;\d+r")

FRAMES: list[str] = []
"""Everything written since it was cleared last, a write each."""


class Recording(headless_driver.HeadlessDriver):
    """A driver without a terminal that records every frame."""

    @property
    def is_headless(self) -> bool:
        """Return False: for a headless driver nothing is drawn."""
        return False

    def write(self, data: str) -> None:
        """Record the frame."""
        FRAMES.append(data)


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the frames of every app that a test runs."""
    monkeypatch.setattr(headless_driver, "HeadlessDriver", Recording)
    FRAMES.clear()
    return FRAMES


class _Screen(pyte.Screen):
    """Colours a row that enters by scrolling, as terminals with bce do; pyte itself leaves it plain."""

    def index(self) -> None:
        """Move down; at the bottom margin move all rows up."""
        bottom = self.margins.bottom if self.margins else self.lines - 1
        comes_in = self.cursor.y == bottom
        super().index()
        if comes_in:
            self._colour(bottom)

    def reverse_index(self) -> None:
        """Move up; at the top margin move all rows down."""
        top = self.margins.top if self.margins else 0
        comes_in = self.cursor.y == top
        super().reverse_index()
        if comes_in:
            self._colour(top)

    def _colour(self, row: int) -> None:
        for column in range(self.columns):
            self.buffer[row][column] = self.cursor.attrs._replace(data=" ")


class Glass:
    """A terminal in memory."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = _Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        # pyte does not erase cells in colour that were never written.
        self._stream.feed("".join(f"\x1b[{row + 1};1H{' ' * width}" for row in range(height)) + "\x1b[H")

    def feed(self, data: str) -> None:
        """Show what is written, through a line discipline as every terminal has it."""
        self._stream.feed(_UNSHOWN.sub("", data).replace("\n", "\r\n"))

    def resize(self, width: int, height: int) -> None:
        """Resize the terminal."""
        self._screen.resize(height, width)

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """Return every cell: its character, colours, attributes."""
        rows = range(self._screen.lines)
        columns = range(self._screen.columns)
        return [[_cell(self._screen.buffer[row][column]) for column in columns] for row in rows]

    def text(self) -> list[str]:
        """Return the rows as text."""
        return [str(row).rstrip() for row in self._screen.display]

    @property
    def cursor(self) -> tuple[int, int, bool]:
        """Where the cursor stands, row and column, and whether it is hidden."""
        cursor = self._screen.cursor
        # Past the last column counts as on it: terminals disagree about the difference.
        return cursor.y, min(cursor.x, self._screen.columns - 1), cursor.hidden


class Shown(Protocol):
    """A terminal whose cells can be read."""

    def feed(self, data: str) -> None:
        """Show what is written."""

    def resize(self, width: int, height: int) -> None:
        """Resize the terminal."""

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """Return every cell."""

    @property
    def cursor(self) -> tuple[int, int, bool]:
        """Where the cursor stands, and whether it is hidden."""


_Shown = TypeVar("_Shown", bound=Shown)


class Compared(Generic[_Shown]):
    """Terminals side by side: one gets the frames, the others what the buffer makes of them, with bce and without."""

    def __init__(
        self,
        terminal: Callable[[int, int], _Shown],
        width: int,
        height: int,
        bces: tuple[bool, ...] = (True, False),
        buffer: Callable[[bool], ScreenBuffer] = lambda bce: ScreenBuffer(erases_in_colour=bce, scrolls=True),
    ) -> None:
        self.plain = terminal(width, height)
        self.lean = {bce: terminal(width, height) for bce in bces}
        self.buffers = {bce: buffer(bce) for bce in self.lean}
        self.written = self.saved = self.scrolled = 0
        for made in self.buffers.values():
            made.resize(width, height)
        self.show("\x1b[?1049h\x1b[?7l")

    def show(self, frame: str) -> None:
        """Show a frame on each terminal."""
        self.plain.feed(frame)
        self.written += len(self.lean) * len(frame)
        for bce, glass in self.lean.items():
            short = self.buffers[bce].translate(frame)
            glass.feed(short)
            self.saved += len(short)
            self.scrolled += bool(_SCROLLED.search(short))

    def resize(self, width: int, height: int) -> None:
        """Resize the terminal."""
        for glass in (self.plain, *self.lean.values()):
            glass.resize(width, height)
        for made in self.buffers.values():
            made.resize(width, height)

    def assert_same(self, when: object) -> None:
        """Assert that all terminals show the same."""
        cells = self.plain.cells()
        for glass in self.lean.values():
            assert glass.cells() == cells, when
            assert glass.cursor == self.plain.cursor, when

    def follow(self, frames: list[str], when: object) -> None:
        """Show all that was recorded, and compare."""
        for frame in frames:
            self.show(frame)
        frames.clear()
        self.assert_same(when)


async def pressed(pilot: Pilot[None], both: Compared[Any], frames: list[str], keys: Iterable[str]) -> None:
    """Compare what the app shows first, and after each key."""
    await pilot.pause()
    both.follow(frames, "first")
    for key in keys:
        await press(pilot, _KEY_NAMES.get(key, key))
        both.follow(frames, key)


async def resized(pilot: Pilot[None], both: Compared[Any], frames: list[str], width: int, height: int) -> None:
    """Resize the app and its terminals, and compare."""
    await pilot.resize_terminal(width, height)
    await pilot.pause()
    both.resize(width, height)
    pilot.app.refresh(layout=True)
    await pilot.pause()
    both.follow(frames, f"{width}x{height}")


@cache
def _cell(cell: Any) -> tuple[Any, ...]:  # noqa: ANN401 - pyte publishes no types
    lined = (cell.underscore, cell.strikethrough, cell.reverse)
    if not cell.data.strip(" ") and not any(lined):
        return (" ", cell.bg)  # the colour and weight of a blank cannot be seen
    return (cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.blink, *lined)
