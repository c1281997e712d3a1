"""The screen Session: the running aggregate, live."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.actions.overview import SessionPreview
from shimmy_metrics.app.keys import BESIDE
from shimmy_metrics.app.screens.session.no_session import ended_explained, ended_head, ended_of
from shimmy_metrics.app.screens.session.view import chosen, figure_rows, session_view
from shimmy_metrics.app.ui.buttons import Button
from shimmy_metrics.app.ui.field_screen import FieldFrame
from shimmy_metrics.app.ui.layout import Canvas, Content, followed
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.app.ui.values import values


class SessionScreen(FieldFrame):
    """Does this leave, and when? Then the numbers."""

    MODE = "session"
    BINDINGS: ClassVar[list[BindingType]] = [*BESIDE]

    def __init__(self) -> None:
        super().__init__()
        self.index = 0
        self._shown = ""

    def content(self, canvas: Canvas) -> Content:
        """Return the chosen session's figures."""
        self._stay()
        return session_view(canvas, self.shimmy.overview, self.index)

    def _stay(self) -> None:
        """Stay with the session that is shown, though one before it ended."""
        overview = self.shimmy.overview
        ids = [live.session.report_id for live in overview.running] if overview else []
        self.index = followed(ids, self._shown, self.index)
        self._shown = ids[self.index] if ids else ""

    def values(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return what the report of this session would say, and what was measured."""
        live = chosen(self.shimmy.overview, self.index)
        return (values(live.report.body), live.report.measured) if live else ({}, {})

    def own_explanation(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what there is to say about the lines that are no field."""
        ended = ended_of(self.shimmy.overview, self.mark)
        return ended_explained(canvas, ended) if ended else self.stays_here(canvas)

    async def action_explain(self) -> None:
        """Open the marked session that ended, or say more about the marked line."""
        ended = ended_of(self.shimmy.overview, self.mark)
        if ended is None:
            await super().action_explain()
        else:
            await self.shimmy.push_screen(EndedScreen(self.shimmy.session_preview(ended)))

    def buttons(self) -> Sequence[Button]:
        """Return this screen's buttons: open what ended, or the way between several sessions."""
        overview = self.shimmy.overview
        if ended_of(overview, self.mark):
            return (self.shimmy.act("page.explain", "Open"),)
        if overview is None or len(overview.running) < 2:
            return ()
        return (self.shimmy.act("page.before", "Before"), self.shimmy.act("page.beside", "Next"))

    async def action_beside(self, by: int) -> None:
        """Show the session beside this one."""
        overview = self.shimmy.overview
        last = len(overview.running) - 1 if overview else 0
        self.index = max(0, min(self.index + by, last))
        self._shown = ""
        await self.draw()


class EndedScreen(FieldFrame):
    """The figures of a session that ended and stays here."""

    TITLE = "A session kept for you"

    def __init__(self, live: SessionPreview) -> None:
        super().__init__()
        self._live = live

    def content(self, canvas: Canvas) -> Content:
        """Return its figures."""
        return Content(ended_head(canvas, self._live.session), figure_rows(canvas, self._live))

    def values(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return what a report would have said, and what was measured."""
        return values(self._live.report.body), self._live.report.measured

    def own_explanation(self, canvas: Canvas) -> tuple[Line, ...]:
        """Return what there is to say about the lines that are no field."""
        return self.stays_here(canvas)
