"""The screen Outgoing: exactly what will be sent, and what a person can do about it."""

from collections.abc import Sequence
from dataclasses import replace

from shimmy_metrics.actions.outbox import can_release
from shimmy_metrics.app.commands import Commands
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.screens.outgoing.view import outgoing_view, shown
from shimmy_metrics.app.screens.report.baseline import Baseline, chosen_baseline, differs, last_sent
from shimmy_metrics.app.screens.report.screen import ReportScreen
from shimmy_metrics.app.screens.report.subject import Subject, subjects
from shimmy_metrics.app.screens.report.view import Selection, View
from shimmy_metrics.app.ui.layout import Canvas, Content, follow
from shimmy_metrics.consent.effective_consent import Obstacle
from shimmy_metrics.entries import sender_late
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.wording.departures import OVERDUE, sentence, set_aside
from shimmy_metrics.wording.receiver import HEADERS, connects
from shimmy_metrics.wording.schedule import SENDER_LATE


def outgoing_screen(host: Host, commands: Commands) -> ReportScreen:
    """Return the screen: whether a report is sent by itself, what is new in it, and what that is for."""
    outgoing = Outgoing(host, commands)
    return ReportScreen(host, commands, outgoing, mode="outgoing", queue=outgoing)


class Outgoing:
    """The next request, each queued report, and what a running session would send; and what can be done with them.

    The selection stays with its subject: though one before it leaves, and when a session's report is sealed.
    """

    def __init__(self, host: Host, commands: Commands) -> None:
        self._host = host
        self._commands = commands
        self._selection = Selection()
        self._key = ""
        """The selected subject's key, empty to select by the index."""

    @property
    def selection(self) -> Selection:
        """What is shown, as there is now."""
        overview = self._host.overview
        if overview is not None:
            keys = [each.key for each in subjects(overview)]
            self._selection = replace(self._selection, index=follow(keys, self._key, self._selection.index))
            self._key = keys[self._selection.index]
        return self._selection

    @selection.setter
    def selection(self, selection: Selection) -> None:
        self._selection = selection

    @property
    def several(self) -> bool:
        """Whether there is another request or report to select."""
        overview = self._host.overview
        return overview is not None and len(subjects(overview)) > 1

    @property
    def compared(self) -> bool:
        """Whether what is shown since the last report is a report, and compared with another one."""
        overview, since = self._host.overview, replace(self.selection, view=View.SINCE)
        return overview is not None and differs(self._baseline(since), shown(overview, since).subject)

    def subject(self) -> Subject | None:
        """Return the request or report that is shown, None before anything was read."""
        overview = self._host.overview
        return shown(overview, self.selection).subject if overview is not None else None

    def content(self, canvas: Canvas) -> Content:
        """Return the subject in the selected view."""
        released = self._commands.outbox.released
        return outgoing_view(canvas, self._host.overview, self.selection, self._baseline(self.selection), released)

    def move(self, by: int) -> None:
        """Select the next subject, or with -1 the one before."""
        overview = self._host.overview
        last = len(subjects(overview)) - 1 if overview is not None else 0
        self.selection = replace(self.selection, index=max(0, min(self.selection.index + by, last)))
        self._key = ""

    def open_part(self, number: int) -> None:
        """Select one report, by its number from 1, of the request that is shown."""
        subject = self.subject()
        if subject is not None:
            self._key = subject.reports[number - 1].report_id

    def close_part(self) -> None:
        """Select the request again of which one report is shown; if it is no more, what is shown stays."""
        overview, subject = self._host.overview, self.subject()
        if overview is not None and subject is not None:
            whole = (
                each.key for each in subjects(overview) if each.report is None and subject.reports[0] in each.reports
            )
            self._key = next(whole, self._key)

    def headers_note(self) -> str:
        """Return where the headers come from, and by way of which proxy the request goes."""
        overview = self._host.overview
        return f"{HEADERS}{connects(overview.proxy if overview is not None else '')}"

    def buttons(self) -> Sequence[Button]:
        """Return what can be done with what is shown; where nothing may leave, nothing can be released."""
        subject, overview, keys = self.subject(), self._host.overview, self._host.keys
        copy = keys.button("report.copy", "Save and copy", "Save")
        if subject is None or overview is None or not subject.sealed:
            return (copy,)
        overdue = subject.reports[0].row_id in overview.overdue
        may_leave = overview.consent.sends and not overdue and all(map(can_release, subject.reports))
        release = (keys.button("outbox.release", "Release" if subject.report else "Release all"),) * may_leave
        if subject.report is None:
            return (*release, copy)
        # Where only this shell may send nothing, another may: there a report that is due can still be held.
        leaves = subject.report.state is QueueState.DUE and not overdue
        ended = overview.consent.obstacle in (Obstacle.ENDED, Obstacle.UNWRITABLE)
        hold = (keys.button("outbox.hold", "Hold this", "Hold"),) if leaves and not ended else ()
        return (*release, *hold, keys.button("outbox.delete", "Delete"), copy)

    # --- what can be done with them -----------------------------------------------------------------------------

    def release(self) -> str:
        """Ask whether what is shown may be sent now, as one request; return why not."""
        subject, overview = self.subject(), self._host.overview
        if subject is None or overview is None or not subject.sealed:
            return "Only a waiting report can be released."
        if not all(map(can_release, subject.reports)):
            return sentence(set_aside(subject.reports[0]))
        if subject.reports[0].row_id in overview.overdue:
            return sentence(OVERDUE)
        if not overview.consent.sends:
            return f"Nothing is sent from here: {self._host.keys.of('app.consent')} says why."
        if overview.sending or self._commands.outbox.released:
            late = sender_late(overview.entries, self._host.canvas().now)
            return SENDER_LATE if late else "Just then something was being sent (5 s at most). Release it after that."
        self._commands.outbox.ask_to_release(subject)
        return ""

    def hold(self) -> str:
        """Hold the report until it is released; return why not."""
        report = self._report()
        if report is None:
            return self._no_report()
        if report.state is not QueueState.DUE:
            return "This one is not sent automatically."
        if self._host.overview is not None and report.row_id in self._host.overview.overdue:
            return sentence(OVERDUE)
        self._commands.outbox.hold(report)
        return ""

    def delete(self) -> str:
        """Ask whether the report may be deleted; return why not."""
        report = self._report()
        if report is None:
            return self._no_report()
        self._commands.outbox.ask_to_delete(report)
        return ""

    def _baseline(self, selection: Selection) -> Baseline | None:
        """Return the chosen baseline, else the report that was sent last; none for a request of several."""
        overview = self._host.overview
        if overview is None:
            return None
        found = shown(overview, selection)
        if found.subject.report is None:
            return None
        return chosen_baseline(self._host.baseline) or (found.base if found.sent_to else last_sent(overview))

    def _report(self) -> QueuedReport | None:
        """Return the one queued report that is shown, None where it is none or several."""
        subject = self.subject()
        return subject.report if subject is not None and subject.sealed else None

    def _no_report(self) -> str:
        subject = self.subject()
        if subject is None or not subject.sealed:
            return "Only a waiting report can be held or deleted."
        number, key = len(subject.reports), self._host.keys.of("page.beside")
        return f"This is a request of {number} reports; {key} shows them one by one."
