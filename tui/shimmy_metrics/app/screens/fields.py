"""The screen Fields: the closed list, with search."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from shimmy_metrics.app.keys import SEARCH
from shimmy_metrics.app.pages.canvas import Canvas, Page
from shimmy_metrics.app.pages.fields import current, fields_page
from shimmy_metrics.app.pages.values import values
from shimmy_metrics.app.screens.field import FieldFrame
from shimmy_metrics.app.widgets.buttons import Act


class FieldsScreen(FieldFrame):
    """Whether something is in it, why, and with which value from here, now."""

    MODE = "fields"
    BINDINGS: ClassVar[list[BindingType]] = [*SEARCH]

    def __init__(self) -> None:
        super().__init__()
        self.search = ""

    def compose(self) -> ComposeResult:
        """Build the frame, and the line of the search, which is not there until it is wanted."""
        yield from super().compose()
        wanted = Input(placeholder="a word: memory, model, path", id="search", select_on_focus=False)
        wanted.display = False
        yield wanted

    def page(self, canvas: Canvas) -> Page:
        """Return the list, or what the search found."""
        return fields_page(canvas, self.shimmy.overview, self.search)

    def rows_for_page(self, canvas: Canvas, head: int, drawer: int) -> int:
        """Leave a row for the search where it is open."""
        searching = self.query_one("#search", Input).display
        return max(super().rows_for_page(canvas, head, drawer) - int(searching), 0)

    def values(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return this machine's values now."""
        report = current(self.shimmy.overview)
        return (values(report.body), report.measured) if report else ({}, {})

    def acts(self) -> Sequence[Act]:
        """Return the search."""
        if self.search:
            return (self.shimmy.act("fields.search", f"Search: {self.search}"),)
        return (self.shimmy.act("fields.search", "Search"),)

    async def action_search(self) -> None:
        """Open the line of the search."""
        wanted = self.query_one("#search", Input)
        wanted.display = True
        wanted.value = self.search
        wanted.focus()
        await self.draw()

    @on(Input.Changed)
    async def filter(self, event: Input.Changed) -> None:
        """Filter as the person types."""
        self.search = event.value
        self.shimmy.field = ""
        await self.draw()

    @on(Input.Submitted)
    async def keep(self) -> None:
        """Keep the filter and go back to the list."""
        self.query_one("#search", Input).display = False
        self.set_focus(None)
        await self.draw()

    async def on_key(self, event: events.Key) -> None:
        """Close the search by Backspace on nothing, or by Esc."""
        wanted = self.query_one("#search", Input)
        closes = event.key == "escape" or (event.key == "backspace" and not wanted.value)
        if wanted.has_focus and closes:
            event.stop()
            event.prevent_default()
            self.search = ""
            await self.keep()
