"""The screen Fields: the closed list, with search."""

from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widgets import Input

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import SEARCH, Button, called
from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.styles import sheet
from shimmy_metrics.app.ui.explanation import explained_field
from shimmy_metrics.app.ui.layout import Canvas, Content
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.search import SearchRow
from shimmy_metrics.app.ui.shared_field import SharedField
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.report.search import best
from shimmy_metrics.wording.values import current_values


class FieldsScreen(BaseScreen):
    """Whether something is sent, why, and with which value from here, now."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [sheet("input")]
    EXPLAINS = True
    BOTTOM_ROW = SearchRow
    BINDINGS: ClassVar[list[BindingType]] = [*SEARCH]

    def __init__(self, host: Host) -> None:
        super().__init__(host, mode="fields", field=SharedField(host))
        self.search = ""
        self._types = False
        """Whether the line of the search is open: then every other key is a letter of it."""

    def content(self, canvas: Canvas) -> Content:
        """Return the list, or what the search found."""
        return fields_view(canvas, self.host.overview, self.search)

    def explained(self, canvas: Canvas, *, expanded: bool) -> tuple[Line, ...]:
        """Return the marked field explained, with this machine's value now."""
        report = self.host.overview.now if self.host.overview is not None else None
        sent, measured = (current_values(report), report.measured) if report else ({}, {})
        return explained_field(canvas, self.mark, sent, measured, expanded=expanded)

    def buttons(self) -> Sequence[Button]:
        """Return the search."""
        if self.search:
            return (self.host.keys.button("fields.search", f"Search: {self.search}", "Search"),)
        return (self.host.keys.button("fields.search", "Search"),)

    def common_buttons(self) -> Sequence[Button]:
        """Return what can be pressed while a search is typed, else what every screen has."""
        if not self._types:
            return super().common_buttons()
        away = called("escape") if self.search else f"{called('escape')}, {called('backspace')}"
        keep = (Button(called("enter"), "Keep", "screen.keep"),) if self.search else ()
        return (*keep, Button(away, "Clear", "screen.clear"))

    async def action_search(self) -> None:
        """Open the line of the search, empty: what was searched for before is another question."""
        self._types = True
        self.query_one(SearchRow).open("")
        await self.draw()

    @on(Input.Changed)
    async def filter(self, event: Input.Changed) -> None:
        """Filter as the person types."""
        self._look_for(event.value)
        self.host.field = self.mark = best(event.value)
        await self.draw()

    @on(Input.Submitted)
    @on(Input.Blurred)
    async def action_keep(self) -> None:
        """Keep the filter and go back to the list."""
        self._types = False
        self.query_one(SearchRow).close()
        await self.draw()

    async def action_clear(self) -> None:
        """Give the search up and go back to the list."""
        self._look_for("")
        await self.action_keep()

    def _look_for(self, search: str) -> None:
        self.search = search
        self.step_back = partial(self._look_for, "") if search else None

    async def on_key(self, event: events.Key) -> None:
        """Close the search by Backspace on nothing, or by Esc."""
        line = self.query_one(SearchRow).line
        closes = event.key == "escape" or (event.key == "backspace" and not line.value)
        if line.has_focus and closes:
            event.stop()
            event.prevent_default()
            await self.action_clear()
