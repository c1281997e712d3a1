"""The frames of an app under test, as Textual writes them to a terminal, and what a terminal then shows."""

from typing import Any

import pyte
import pytest
from textual.drivers import headless_driver

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

    def feed(self, data: str) -> None:
        """Show what is written."""
        self._stream.feed(data)

    def resize(self, width: int, height: int) -> None:
        """Become another size."""
        self._screen.resize(height, width)

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """Return every cell: its character, colours, weight."""
        rows = range(self._screen.lines)
        columns = range(self._screen.columns)
        return [[_cell(self._screen.buffer[row][column]) for column in columns] for row in rows]

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor stands: row and column."""
        return self._screen.cursor.y, self._screen.cursor.x


def _cell(cell: Any) -> tuple[Any, ...]:  # noqa: ANN401 - pyte publishes no types
    # A blank's own colour is seen by nobody.
    fore = cell.fg if cell.data.strip() else ""
    bold = cell.bold if cell.data.strip() else False
    return (cell.data, fore, cell.bg, bold, cell.underscore, cell.reverse)
