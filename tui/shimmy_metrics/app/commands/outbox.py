"""Releasing, holding and deleting queued reports, and deleting receipts."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.commands.runner import PATIENCE_SECONDS, Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.app.ui.sending import in_full
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Departure, QueuedReport
from shimmy_metrics.wording.deletions import NOT_RECALLED, deleted, ids_go, never_left, receipts_deleted
from shimmy_metrics.wording.departures import became, host, sentence
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.receiver import by_way_of
from shimmy_metrics.wording.schedule import BEING_SENT


class Released(NamedTuple):
    """The reports that a sender was given, and the place in the chain of the newest entry at that moment."""

    rows: frozenset[int]
    report_ids: frozenset[str]
    place: int

    def departure(self, overview: Overview) -> Departure | None:
        """Return the request that carried the reports, None while its outcome is not known."""
        made = (each for each in overview.departures if each.place > self.place and each.outcome is not None)
        return next((each for each in made if each.by_hand or self.report_ids & {*each.report_ids}), None)


class OutboxCommands:
    """Releases, holds and deletes reports; deletes receipts."""

    def __init__(self, host: Host, runner: Runner) -> None:
        self._host = host
        self._runner = runner
        self._released: Released | None = None

    @property
    def released(self) -> Collection[int]:
        """The row ids of the reports that a sender has now, if it was started from this app."""
        return self._released.rows if self._released is not None else ()

    def ask_to_release(self, subject: Subject) -> None:
        """Ask whether a request may be sent now; the question shows exactly that request."""
        shown = self._host.overview
        if shown is None:
            return
        endpoint, number = shown.consent.endpoint, len(subject.reports)
        apart = [each.endpoint for each in subject.reports if not same_endpoint(each.endpoint or endpoint, endpoint)]
        were = "They were" if len(apart) == number else f"{len(apart)} of them {'was' if len(apart) == 1 else 'were'}"
        meant = f"{'It was' if number == 1 else were} made for {', '.join(sorted(set(map(host, apart))))}."
        other = f" {meant}" if apart else ""
        ellipsis = self._host.canvas().glyphs.ellipsis
        question = Question(
            "Release this report?" if number == 1 else f"Release {number} reports as one request?",
            f"{len(subject.body):,} bytes, sha256 {subject.sha256[:16]}{ellipsis}, are sent now to "
            f"{endpoint}{by_way_of(shown.proxy)}.{other} If that cannot be reached, "
            f"{'it stays' if number == 1 else 'they stay'} here.",
            "Yes, send it" if number == 1 else "Yes, send them",
            "No, not now",
        )
        self._runner.ask(question, lambda: self.release(subject, endpoint))

    def release(self, subject: Subject, endpoint: str) -> None:
        """Give a request's reports to a sender, to be sent to the endpoint that was asked about."""
        rows = frozenset(report.row_id for report in subject.reports)
        ids = frozenset(report.report_id for report in subject.reports)
        shown = self._host.overview
        newest = max((entry.place for entry in shown.entries), default=0) if shown is not None else 0

        def released() -> str:
            from shimmy_metrics.actions.outbox import release

            number = release(self._host.profile, rows, endpoint)
            if not number:  # another process sent or deleted them
                are = "It is" if len(rows) == 1 else "They are"
                return f"{are} no longer waiting here, so nothing was released."
            self._released = Released(rows, ids, newest)
            self._host.call_from_thread(self._await_sender, self._released)
            return f"Releasing: {'it is' if number == 1 else 'they are'} being sent now."

        self._runner.run(released)

    def report_sent(self) -> None:
        """Report what became of the released reports, once that is known."""
        released, shown = self._released, self._host.overview
        departure = released.departure(shown) if released is not None and shown is not None else None
        if departure is None or shown is None:
            return
        self._released = None
        canvas = self._host.canvas()
        if departure.receipt:
            result = f"{sentence(became(departure, canvas.now, canvas.zone))} The receipt is in History."
        else:
            result = " ".join(in_full(canvas, shown, departure))
        self._runner.report(result)

    def _await_sender(self, released: Released) -> None:
        self._host.set_timer(SEND_SECONDS + PATIENCE_SECONDS, lambda: self._report_unsent(released))

    def _report_unsent(self, released: Released) -> None:
        """Report that no sender made a request of the released reports in time, if they still wait."""
        if self._released is not released:
            return  # what became of them was told; another release may be under way
        if self._host.overview is not None and self._host.overview.sending:
            self._await_sender(released)  # it is late, and what became of it is not known before it ends
            return
        self._released = None
        shown = self._host.overview.outbox if self._host.overview is not None else ()
        waiting = sum(report.row_id in released.rows for report in shown)
        if waiting:
            waits = "The report is waiting" if waiting == 1 else "The reports are waiting"
            self._runner.report(f"Nothing was sent. {waits} as before.")

    def ask_to_delete(self, report: QueuedReport) -> None:
        """Ask whether a report may be deleted."""
        canvas, shown = self._host.canvas(), self._host.overview
        departure = shown.carrying(report.report_id) if shown is not None else None
        left = sentence(never_left(departure, canvas.now, canvas.zone, older=report.unrecorded))
        if departure is None and shown is not None and shown.sending:  # it may be what is sent
            left = BEING_SENT
        question = Question(
            "Delete this report?",
            f"{self._description(report)}. {left} History records that you deleted one, not what was in it.",
            "Yes, delete",
            "No, keep it",
        )
        self._runner.ask(question, lambda: self.delete(report))

    def delete(self, report: QueuedReport) -> None:
        """Delete a report."""

        def done() -> str:
            from shimmy_metrics.actions.outbox import delete

            made = delete(self._host.profile, report.row_id)
            canvas = self._host.canvas()
            told = deleted(made.departure, canvas.now, canvas.zone, older=report.unrecorded)
            return told if made.gone else "Already gone."

        self._runner.run(done)

    def hold(self, report: QueuedReport) -> None:
        """Hold a report until it is released."""

        def held() -> str:
            from shimmy_metrics.actions.outbox import hold_back

            done = hold_back(self._host.profile, report.row_id)
            if done and self._released is not None and self._released.rows == {report.row_id}:
                self._released = None  # nothing is sent of it any more
            return "Held until you release it." if done else "Already gone, or being sent."

        self._runner.run(held)

    def ask_to_delete_receipts(self, on_record: Sequence[Departure], attempts: int) -> None:
        """Ask whether the bytes of all receipts may be deleted, and the ids in so many attempts without one."""
        receipts = [each for each in on_record if each.body]
        size = sum(len(each.body) for each in receipts)
        number = amount(len(receipts), "receipt")
        proof = f"{number} ({size:,} bytes) will be deleted: your own proof of what was sent. "
        ids = f"Deleted {'as well' if receipts else 'here'}: {ids_go(attempts)}. "
        question = Question(
            "Delete every receipt?" if receipts else "Delete these ids?",
            f"{proof if receipts else ''}{ids if attempts else ''}"
            f"{NOT_RECALLED} When, where to and each digest stay on record.",
            "Yes, delete them",
            "No, keep them",
        )
        self._runner.ask(question, lambda: self._delete_receipts(on_record))

    def _delete_receipts(self, asked: Sequence[Departure]) -> None:
        def done() -> str:
            from shimmy_metrics.actions.receipts import delete_receipts

            return receipts_deleted(*delete_receipts(self._host.profile, asked))

        self._runner.run(done)

    def _description(self, report: QueuedReport) -> str:
        """Return which report it is, so that of several one is meant."""
        canvas = self._host.canvas()
        when = f"{canvas.day(report.sealed)} {canvas.clock(report.sealed)}"
        return f"{len(report.body):,} bytes, made {when}, sha256 {report.sha256[:8]}{canvas.glyphs.ellipsis}"
