"""The screen Outgoing: exactly what will be sent, and the person's hand on it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from shimmy_metrics.actions.outbox import can_release
from shimmy_metrics.app.keys import OUTBOX
from shimmy_metrics.app.screens.outgoing.view import last_sent, outgoing_view
from shimmy_metrics.app.screens.report.screen import ReportFrame
from shimmy_metrics.app.screens.report.subject import Subject, subjects
from shimmy_metrics.app.screens.report.view import Baseline
from shimmy_metrics.app.ui.buttons import Button
from shimmy_metrics.app.ui.layout import Canvas, Content, followed
from shimmy_metrics.consent.effective import Obstacle
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.wording.departures import OVERDUE, sentence, set_aside


class OutgoingScreen(ReportFrame):
    """Whether it goes by itself, what is new in it, and what that is for."""

    MODE = "outgoing"
    BINDINGS: ClassVar[list[BindingType]] = [*OUTBOX]

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""

    def content(self, canvas: Canvas) -> Content:
        """Return the chosen request or report through the chosen lens."""
        self._stay()
        return outgoing_view(canvas, self.shimmy.overview, self.selection, self.base(), self.shimmy.released)

    def subject(self) -> Subject | None:
        """Return what is shown, or None before anything was read."""
        overview = self.shimmy.overview
        if overview is None:
            return None
        self._stay()
        return subjects(overview)[self.selection.index]

    def _stay(self) -> None:
        """Stay with what is shown, though one before it left; a session's report keeps its id when it is sealed."""
        overview = self.shimmy.overview
        if overview is not None:
            ids = [each.key for each in subjects(overview)]
            self.selection = replace(self.selection, index=followed(ids, self._shown, self.selection.index))
            self._shown = ids[self.selection.index]

    async def action_beside(self, by: int) -> None:
        """Show the request or report beside this one."""
        self._stay()
        self._shown = ""
        await super().action_beside(by)

    async def open_part(self, number: int) -> None:
        """Show one report of the request."""
        subject = self.subject()
        if subject is not None:
            self._shown = subject.reports[number - 1].report_id
            await self.change_view(self.selection)

    def how_many(self) -> int:
        """Return how many requests and reports there are to walk."""
        overview = self.shimmy.overview
        return len(subjects(overview)) if overview else 1

    def base(self) -> Baseline | None:
        """Return the chosen base, else the report that was sent last; none for a request of several."""
        overview, subject = self.shimmy.overview, self.subject()
        if overview is None or subject is None or subject.report is None:
            return None
        return self.shimmy.chosen_baseline() or last_sent(self.shimmy.canvas(), overview)

    def buttons(self) -> Sequence[Button]:
        """Return what can be done with what is shown; where nothing may leave, nothing can be released."""
        subject, overview = self.subject(), self.shimmy.overview
        copy = self.shimmy.act("report.copy", "Copy")
        if subject is None or overview is None or not subject.sealed:
            return (copy,)
        overdue = subject.reports[0].row_id in overview.overdue
        released = overview.consent.sends and not overdue and all(map(can_release, subject.reports))
        release = (self.shimmy.act("outbox.release", "Release" if subject.report else "Release all"),) * released
        if subject.report is None:
            return (*release, copy)
        # Where only this shell may send nothing, another may: there a report that is due can still be held.
        leaves = subject.report.state is QueueState.DUE and not overdue
        ended = overview.consent.obstacle is Obstacle.ENDED
        hold = (self.shimmy.act("outbox.hold", "Hold"),) if leaves and not ended else ()
        return (*release, *hold, self.shimmy.act("outbox.delete", "Delete"), copy)

    async def action_release(self) -> None:
        """Ask whether what is shown may be sent now, as one request."""
        subject, overview = self.subject(), self.shimmy.overview
        if subject is None or overview is None or not subject.sealed:
            await self.say("Only a report that waits can be released.")
        elif not all(map(can_release, subject.reports)):
            await self.say(sentence(set_aside(subject.reports[0])))
        elif subject.reports[0].row_id in overview.overdue:
            await self.say(sentence(OVERDUE))
        elif not overview.consent.sends:
            await self.say(f"Nothing is sent from here: {self.shimmy.keys.of('app.consent')} says why.")
        elif overview.sending:
            await self.say("A sender is at work now, for 5 s at most. Release it when that is done.")
        else:
            self.shimmy.ask_to_release(subject)

    async def action_hold(self) -> None:
        """Hold the report until it is released."""
        report = self._report()
        if report is None:
            await self.say(self._which())
        elif report.state is not QueueState.DUE:
            await self.say("This one does not leave by itself.")
        else:
            self.shimmy.hold_back(report)

    async def action_delete(self) -> None:
        """Ask whether the report may be deleted."""
        report = self._report()
        if report is None:
            await self.say(self._which())
        else:
            self.shimmy.ask_to_delete(report)

    def _report(self) -> QueuedReport | None:
        """Return the one report that waits and is shown."""
        subject = self.subject()
        return subject.report if subject is not None and subject.sealed else None

    def _which(self) -> str:
        subject = self.subject()
        if subject is None or not subject.sealed:
            return "This one is not sealed: nothing of it waits here."
        return f"This is a request of {len(subject.reports)} reports: {self.shimmy.keys.of('page.beside')} shows each."
