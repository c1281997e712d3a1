"""The screen Outgoing: exactly what will be sent, and the person's hand on it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.app.keys import OUTBOX
from shimmy_metrics.app.pages.canvas import Canvas, Page, followed
from shimmy_metrics.app.pages.outgoing import Subject, last_sent, outgoing_page, subjects
from shimmy_metrics.app.pages.report import Base
from shimmy_metrics.app.screens.report import ReportFrame
from shimmy_metrics.app.widgets.buttons import Act
from shimmy_metrics.records import Pending, Wait


class OutgoingScreen(ReportFrame):
    """Whether it goes by itself, what is new in it, and what that is for."""

    MODE = "outgoing"
    BINDINGS: ClassVar[list[BindingType]] = [*OUTBOX]

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""

    def page(self, canvas: Canvas) -> Page:
        """Return the chosen report through the chosen lens."""
        self._stay()
        return outgoing_page(canvas, self.shimmy.overview, self.view, self.base())

    def subject(self) -> Subject | None:
        """Return what is shown, or None before anything was read."""
        overview = self.shimmy.overview
        if overview is None:
            return None
        self._stay()
        return subjects(overview)[self.view.index]

    def _stay(self) -> None:
        """Stay with the report that is shown, though one before it left; a session's keeps its id when it is sealed."""
        overview = self.shimmy.overview
        if overview is not None:
            ids = [each.report.report_id for each in subjects(overview)]
            self.view = replace(self.view, index=followed(ids, self._shown, self.view.index))
            self._shown = ids[self.view.index]

    async def action_beside(self, by: int) -> None:
        """Show the report beside this one."""
        self._stay()
        self._shown = ""
        await super().action_beside(by)

    def report(self) -> Pending | None:
        """Return the report that is shown."""
        subject = self.subject()
        return subject.report if subject else None

    def how_many(self) -> int:
        """Return how many reports there are to walk."""
        overview = self.shimmy.overview
        return len(subjects(overview)) if overview else 1

    def base(self) -> Base | None:
        """Return the chosen base, else the report that was sent last."""
        overview = self.shimmy.overview
        if overview is None:
            return None
        return self.shimmy.chosen_base() or last_sent(self.shimmy.canvas(), overview)

    def acts(self) -> Sequence[Act]:
        """Return release and delete where there is something to release, and copy."""
        subject = self.subject()
        copy = self.shimmy.act("report.copy", "Copy")
        if subject is None or not subject.sealed:
            return (copy,)
        release, delete = self.shimmy.act("outbox.release", "Release"), self.shimmy.act("outbox.delete", "Delete")
        hold = (self.shimmy.act("outbox.hold", "Hold"),) if subject.report.wait is Wait.DUE else ()
        return (release, *hold, delete, copy)

    async def action_release(self) -> None:
        """Ask whether the report may leave."""
        subject = self.subject()
        if subject is not None and subject.sealed:
            self.shimmy.ask_to_release(subject.report)
        else:
            await self.say("Only a sealed report can be released: it is sealed when the server stops.")

    async def action_hold(self) -> None:
        """Hold the report back until it is released."""
        subject = self.subject()
        if subject is not None and subject.sealed and subject.report.wait is Wait.DUE:
            self.shimmy.hold_back(subject.report)
        else:
            await self.say("This one does not leave by itself.")

    async def action_delete(self) -> None:
        """Ask whether the report may be deleted."""
        subject = self.subject()
        if subject is not None and subject.sealed:
            self.shimmy.ask_to_delete(subject.report)
        else:
            await self.say("Nothing waits here, so there is nothing to delete.")
