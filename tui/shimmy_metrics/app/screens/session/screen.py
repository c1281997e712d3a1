"""The screen Session: what is measured now."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host, overview_on
from shimmy_metrics.app.keys import NEIGHBOURS, Button
from shimmy_metrics.app.screens.session.kept_sessions import ended_explained, ended_of
from shimmy_metrics.app.screens.session.view import chosen, figures_explained, session_view
from shimmy_metrics.app.ui.layout import Canvas, Content, follow
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.shared_field import SharedField
from shimmy_metrics.app.ui.text import Line


class SessionScreen(BaseScreen):
    """Is this sent, and when? Then the figures."""

    EXPLAINS = True
    BINDINGS: ClassVar[list[BindingType]] = [*NEIGHBOURS]

    def __init__(self, host: Host, commands: Commands) -> None:
        super().__init__(host, mode="session", field=SharedField(host))
        self._commands = commands
        self._index = 0
        self._shown = ""

    @property
    def overview(self) -> Overview | None:
        """What there is to show; until all of it has been read, what was read first."""
        return overview_on(self.host, "session")

    def content(self, canvas: Canvas) -> Content:
        """Return the figures of the session that is shown; it stays the same, though one before it ends."""
        overview = self.overview
        ids = [live.session.report_id for live in overview.running] if overview else []
        self._index = follow(ids, self._shown, self._index)
        self._shown = ids[self._index] if ids else ""
        return session_view(canvas, overview, self._index)

    def explained(self, canvas: Canvas, *, expanded: bool) -> tuple[Line, ...]:
        """Return the explanation of the marked figure, or of the session that has ended."""
        overview = self.overview
        ended = ended_of(overview, self.mark)
        if overview is not None and ended is not None:
            return ended_explained(canvas, ended, overview.carrying(ended.report_id))
        return figures_explained(canvas, chosen(overview, self._index), self.mark, expanded=expanded)

    def buttons(self) -> Sequence[Button]:
        """Return the button that opens a session that has ended, or those between several sessions; own figures."""
        overview, keys = self.overview, self.host.keys
        figures = keys.button("app.usage", "Your figures", "Figures")
        if ended_of(overview, self.mark):
            return (keys.button("page.explain", "Open"), figures)
        if overview is None or len(overview.running) < 2:
            return (figures,)
        return (keys.button("page.before", "Before"), keys.button("page.beside", "Next"), figures)

    async def action_explain(self) -> None:
        """Open the marked session that has ended; otherwise explain the marked line."""
        ended = ended_of(self.overview, self.mark)
        if ended is None:
            await super().action_explain()
        else:
            from shimmy_metrics.app.screens.session.ended import EndedScreen  # when it is wanted, as all screens

            await self.app.push_screen(EndedScreen(self.host, self._commands, ended))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether there is another session: the list of keys and the palette name no key that does nothing."""
        if action == "neighbour":
            return self.overview is not None and len(self.overview.running) > 1
        return super().check_action(action, parameters)

    async def action_neighbour(self, by: int) -> None:
        """Show the next session, or the one before."""
        overview = self.overview
        last = len(overview.running) - 1 if overview else 0
        self._index = max(0, min(self._index + by, last))
        self._shown = ""
        await self.draw()
