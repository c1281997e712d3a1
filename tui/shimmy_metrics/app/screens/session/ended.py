"""The figures of the sessions that have ended and are kept for the person, one at a time."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.actions.overview import SessionPreview, session_preview
from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import KEPT, NEIGHBOURS, Button
from shimmy_metrics.app.screens.session.kept_sessions import ended_head, row_key
from shimmy_metrics.app.screens.session.view import figure_rows, figures_explained
from shimmy_metrics.app.ui.layout import Canvas, Content, follow, headline
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.shared_field import SharedField
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.records import Session


class EndedScreen(BaseScreen):
    """One kept session; the newest comes first."""

    TITLE = "A session kept for you"
    EXPLAINS = True
    BINDINGS: ClassVar[list[BindingType]] = [*NEIGHBOURS, *KEPT]

    def __init__(self, host: Host, commands: Commands, session: Session) -> None:
        super().__init__(host, field=SharedField(host))
        self._commands = commands
        self._shown = row_key(session)
        self._index = 0
        self._preview: SessionPreview | None = None

    def content(self, canvas: Canvas) -> Content:
        """Return its figures; where it is gone, those of the one at its place."""
        preview = self._current()
        if preview is None:
            return Content(headline(canvas, "No session is kept here."), ())
        session, overview = preview.session, self.host.overview
        departure = overview.carrying(session.report_id) if overview is not None else None
        head = ended_head(canvas, session, departure, self._index + 1, len(self._kept()))
        return Content(head, figure_rows(canvas, preview))

    def explained(self, canvas: Canvas, *, expanded: bool) -> tuple[Line, ...]:
        """Return the explanation of the marked figure."""
        return figures_explained(canvas, self._preview, self.mark, expanded=expanded)

    def buttons(self) -> Sequence[Button]:
        """Return the buttons that delete it and that show the others."""
        keys, number = self.host.keys, len(self._kept())
        delete = (keys.button("session.delete", "Delete"),) if number else ()
        beside = (keys.button("page.before", "Before"), keys.button("page.beside", "Next")) if number > 1 else ()
        return (*delete, *beside)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether there is one, or another: the list of keys and the palette name no key that does nothing."""
        if action == "delete":
            return bool(self._kept())
        if action == "neighbour":
            return len(self._kept()) > 1
        return super().check_action(action, parameters)

    async def action_neighbour(self, by: int) -> None:
        """Show the next session, or the one before."""
        kept = self._kept()
        if kept:
            self._index = max(0, min(self._index + by, len(kept) - 1))
            self._shown = row_key(kept[self._index])
        await self.draw()

    def action_delete(self) -> None:
        """Ask whether it may be deleted."""
        preview = self._current()
        if preview is not None:
            self._commands.sessions.ask_to_delete(preview.session)

    def _kept(self) -> tuple[Session, ...]:
        return self.host.overview.ended if self.host.overview is not None else ()

    def _current(self) -> SessionPreview | None:
        """Return the session that is shown with the report that it would have been, made once for each."""
        kept = self._kept()
        if not kept:
            return None
        self._index = follow([row_key(each) for each in kept], self._shown, self._index)
        session = kept[self._index]
        self._shown = row_key(session)
        if self._preview is None or self._preview.session != session:
            self._preview = session_preview(self.host.profile, session, self.host.start.facts)
        return self._preview
