"""The bottom row of a list that can be searched: an input takes the place of the buttons at the left."""

from typing import Final

from textual.app import ComposeResult
from textual.widgets import Input

from shimmy_metrics.app.ui.bottom_row import BottomRow
from shimmy_metrics.app.ui.key_button import KeyButton

HINT: Final = "memory, model, path"


class SearchRow(BottomRow):
    """Buttons, or the input; nothing else moves."""

    def between(self) -> ComposeResult:
        """Build the input, hidden at first."""
        place = Input(placeholder=HINT, id="search", select_on_focus=False)
        place.cursor_blink = False  # a cursor that blinks sends bytes for ever
        place.display = False
        yield place

    @property
    def line(self) -> Input:
        """The input."""
        return self.query_one("#search", Input)

    def open(self, word: str) -> None:
        """Show the input with a word in it, and focus it."""
        self._swap(searching=True)
        self.line.value = word
        self.line.cursor_position = len(word)
        self.line.focus()

    def close(self) -> None:
        """Show the buttons again."""
        self._swap(searching=False)
        if self.line.has_focus:
            self.screen.set_focus(None)

    def _swap(self, *, searching: bool) -> None:
        self.line.display = searching
        for place in ("#left", "#gap"):
            self.query_one(place).display = not searching
        for button in self.query(KeyButton):
            button.can_focus = not searching  # a press would take the focus from the line, and so close it
