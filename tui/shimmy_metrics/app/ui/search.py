"""The bottom row of a list that can be searched: a line to type in takes the place of the buttons at the left."""

from typing import Final

from textual.app import ComposeResult
from textual.widgets import Input

from shimmy_metrics.app.ui.buttons import ButtonRow

HINT: Final = "memory, model, path"


class SearchRow(ButtonRow):
    """Buttons, or the line; nothing else moves."""

    def between(self) -> ComposeResult:
        """Build the line, which is not there until it is wanted."""
        place = Input(placeholder=HINT, id="search", select_on_focus=False)
        place.display = False
        yield place

    @property
    def line(self) -> Input:
        """The line to type in."""
        return self.query_one("#search", Input)

    def open(self, word: str) -> None:
        """Show the line with a word in it, and put the keyboard there."""
        self._swap(searching=True)
        self.line.value = word
        self.line.cursor_position = len(word)
        self.line.focus()

    def close(self) -> None:
        """Show the buttons again."""
        self._swap(searching=False)
        self.screen.set_focus(None)

    def _swap(self, *, searching: bool) -> None:
        self.line.display = searching
        for place in ("#left", "#gap"):
            self.query_one(place).display = not searching
