"""The subject of a screen of reports: a request, a report, or what a report would be now. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from shimmy_metrics.actions.overview import Overview, SessionPreview
from shimmy_metrics.actions.preview import request_for
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.report.seal import digest


@dataclass(frozen=True, slots=True)
class Subject:
    """What is shown: the bytes of one request, with the report or reports in it.

    `sealed`: its reports wait, so they can be released and deleted. `running`: it is what a session would be that has
    not ended.
    """

    body: bytes
    reports: tuple[QueuedReport, ...]
    sealed: bool = False
    running: bool = False

    @property
    def sha256(self) -> str:
        """The digest of the body."""
        return digest(self.body)

    @property
    def report(self) -> QueuedReport | None:
        """The report, where there is one alone."""
        return self.reports[0] if len(self.reports) == 1 else None

    @property
    def measured(self) -> Mapping[str, str]:
        """What was measured for the report; empty for several."""
        return self.report.measured if self.report else MappingProxyType({})

    @property
    def key(self) -> str:
        """What identifies it among the others: the report's id, or the state of its reports if there are several."""
        return self.report.report_id if self.report else f"request {self.reports[0].state.held}"


def of_report(report: QueuedReport, *, sealed: bool = False, running: bool = False) -> Subject:
    """Return a report alone."""
    return Subject(report.body, (report,), sealed, running)


def of_sent(body: bytes, sent: datetime) -> Subject:
    """Return one report that was sent at that moment."""
    return of_report(QueuedReport(0, "", body, digest(body), sent, QueueState.DUE))


def subjects(overview: Overview) -> tuple[Subject, ...]:
    """Return all there is to show: the next request, each waiting report, the running sessions', else an example.

    Never empty. What is held can be released as one request too. A request of one report is that report.
    """
    leavable = [report for report in overview.outbox if report.row_id not in overview.overdue]
    due = [report for report in leavable if report.state is QueueState.DUE]
    held = [report for report in leavable if report.state.held]
    leaving = due or held
    alone = leaving if len(leaving) == 1 else []
    together = [request_for(each, overview.consent.endpoint) for each in (due, held) if len(each) > 1]
    waiting = (
        *map(_waiting, alone),
        *(Subject(request.body, request.reports, sealed=True) for request in together),
        *(_waiting(report) for report in overview.outbox if report not in alone),
    )
    running = tuple(of_report(live.report, running=True) for live in (*overview.running, *overview.cut_off))
    return (*waiting, *running) or (of_report(overview.example),)


def session_of(overview: Overview, subject: Subject) -> SessionPreview | None:
    """Return the session that has not ended and that the subject would be the report of, or None."""
    unended = (*overview.running, *overview.cut_off)
    return next((each for each in unended if each.report.report_id == subject.key), None)


def parts(body: bytes, reports: Collection[QueuedReport]) -> tuple[Subject, ...]:
    """Return a request that was made, and each report in it where there are several."""
    whole = Subject(body, tuple(reports))
    return (whole, *map(of_report, reports)) if len(whole.reports) > 1 else (whole,)


def _waiting(report: QueuedReport) -> Subject:
    return of_report(report, sealed=True)
