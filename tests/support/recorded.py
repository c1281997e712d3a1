"""The frames of an app under test, as Textual writes them to a terminal, and what a terminal then shows."""

import re
from typing import Any, Final

import pyte
import pytest
from textual.drivers import headless_driver

_UNSHOWN: Final = re.compile(r"\x1b\[[<>=][\d;]*[a-z]|\x1b\[\?\d+\$p|\x1b\]8;[^\x1b]*\x1b\\")
"""What pyte would show as text: the keyboard's protocol, questions, links."""

FRAMES: list[str] = []
"""Everything written since it was cleared last, a write each."""


class Recording(headless_driver.HeadlessDriver):
    """A driver without a terminal that still gets every frame."""

    @property
    def is_headless(self) -> bool:
        """Say no, or nothing would be drawn."""
        return False

    def write(self, data: str) -> None:
        """Keep the frame."""
        FRAMES.append(data)


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the frames of every app that a test runs."""
    monkeypatch.setattr(headless_driver, "HeadlessDriver", Recording)
    FRAMES.clear()
    return FRAMES


class Glass:
    """A terminal in memory."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        # Cells that were never written pyte would not erase in colour.
        self._stream.feed("".join(f"\x1b[{row + 1};1H{' ' * width}" for row in range(height)) + "\x1b[H")

    def feed(self, data: str) -> None:
        """Show what is written, through a line discipline as every terminal has it."""
        self._stream.feed(_UNSHOWN.sub("", data).replace("\n", "\r\n"))

    def resize(self, width: int, height: int) -> None:
        """Become another size."""
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
        # Behind the last column and on it are the same place.
        return cursor.y, min(cursor.x, self._screen.columns - 1), cursor.hidden


def _cell(cell: Any) -> tuple[Any, ...]:  # noqa: ANN401 - pyte publishes no types
    lined = (cell.underscore, cell.strikethrough, cell.reverse)
    if not cell.data.strip(" ") and not any(lined):
        return (" ", cell.bg)  # a blank's own colour and weight are seen by nobody
    return (cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.blink, *lined)
