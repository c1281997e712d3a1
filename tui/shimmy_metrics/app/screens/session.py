"""The screen Session: the running aggregate, live."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.app.keys import BESIDE
from shimmy_metrics.app.lines import Line
from shimmy_metrics.app.pages.canvas import Canvas, Page
from shimmy_metrics.app.pages.session import chosen, session_page
from shimmy_metrics.app.pages.values import values
from shimmy_metrics.app.screens.field import FieldFrame
from shimmy_metrics.app.widgets.buttons import Act


class SessionScreen(FieldFrame):
    """Does this leave, and when? Then the numbers."""

    MODE = "session"
    BINDINGS: ClassVar[list[BindingType]] = [*BESIDE]

    def __init__(self) -> None:
        super().__init__()
        self.index = 0

    def page(self, canvas: Canvas) -> Page:
        """Return the chosen session's figures."""
        return session_page(canvas, self.shimmy.overview, self.index)

    def values(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return what the report of this session would say, and what was measured."""
        live = chosen(self.shimmy.overview, self.index)
        return (values(live.would_be.body), live.would_be.measured) if live else ({}, {})

    def own_explanation(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what there is to say about the lines that are no field."""
        return self.stays_here(canvas)

    def acts(self) -> Sequence[Act]:
        """Return this screen's buttons: the way between several sessions."""
        overview = self.shimmy.overview
        if overview is None or len(overview.running) < 2:
            return ()
        return (self.shimmy.act("page.before", "Before"), self.shimmy.act("page.beside", "Next"))

    async def action_beside(self, by: int) -> None:
        """Show the session beside this one."""
        overview = self.shimmy.overview
        last = len(overview.running) - 1 if overview else 0
        self.index = max(0, min(self.index + by, last))
        await self.draw()
