"""The screen Fields: the closed list, with search."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widgets import Input

from shimmy_metrics.app.keys import SEARCH
from shimmy_metrics.app.screens.fields.view import best, current, fields_view
from shimmy_metrics.app.styles import sheet
from shimmy_metrics.app.ui.buttons import Button, ButtonRow
from shimmy_metrics.app.ui.field_screen import FieldFrame
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.search import SearchRow
from shimmy_metrics.app.ui.values import values


class FieldsScreen(FieldFrame):
    """Whether something is in it, why, and with which value from here, now."""

    MODE = "fields"
    CSS_PATH: ClassVar[list[str | PurePath]] = [sheet("input")]
    BINDINGS: ClassVar[list[BindingType]] = [*SEARCH]

    def button_row(self) -> ButtonRow:
        """Return a bottom row with a line to search in."""
        return SearchRow(self.shimmy.glyphs, self.buttons(), self.shimmy.common_acts())

    def content(self, canvas: Canvas) -> Content:
        """Return the list, or what the search found."""
        return fields_view(canvas, self.shimmy.overview, self.search)

    def values(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return this machine's values now."""
        report = current(self.shimmy.overview)
        return (values(report.body), report.measured) if report else ({}, {})

    def buttons(self) -> Sequence[Button]:
        """Return the search."""
        if self.search:
            return (self.shimmy.act("fields.search", f"Search: {self.search}"),)
        return (self.shimmy.act("fields.search", "Search"),)

    def action_search(self) -> None:
        """Open the line of the search, empty: what was searched for before is another question."""
        self.query_one(SearchRow).open("")

    @on(Input.Changed)
    async def filter(self, event: Input.Changed) -> None:
        """Filter as the person types."""
        self.search = event.value
        self.shimmy.field = self.mark = best(event.value)
        await self.draw()

    @on(Input.Submitted)
    async def keep(self) -> None:
        """Keep the filter and go back to the list."""
        self.query_one(SearchRow).close()
        await self.draw()

    async def on_key(self, event: events.Key) -> None:
        """Close the search by Backspace on nothing, or by Esc."""
        line = self.query_one(SearchRow).line
        closes = event.key == "escape" or (event.key == "backspace" and not line.value)
        if line.has_focus and closes:
            event.stop()
            event.prevent_default()
            self.search = ""
            await self.keep()
