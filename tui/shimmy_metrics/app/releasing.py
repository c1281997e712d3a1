"""What a person does with waiting reports, and with receipts: each asks first, acts in a thread, says what became."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from textual import work

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.acting import PATIENCE_SECONDS, Acting
from shimmy_metrics.app.messages import Done
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.ui.asked import Question
from shimmy_metrics.app.ui.sending import in_full
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Departure, QueuedReport
from shimmy_metrics.wording.departures import became, deleted, host, never_left, receipts_deleted, sentence
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.receiver import by_way_of


class Released(NamedTuple):
    """What was given to a sender: the reports, and the place of the newest entry at that moment."""

    rows: frozenset[int]
    report_ids: frozenset[str]
    place: int

    def departure(self, overview: Overview) -> Departure | None:
        """Return the request that carried it, once it is known what became of that."""
        made = (each for each in overview.departures if each.place > self.place and each.outcome is not None)
        return next((each for each in made if each.by_hand or self.report_ids & {*each.report_ids}), None)


class Releasing(Acting):
    """Release, hold back and delete reports; delete receipts."""

    overview: Overview | None
    _released: Released | None = None

    @property
    def released(self) -> Collection[int]:
        """The reports (numbers in the store) that a sender has at this moment, as far as it was started here."""
        return self._released.rows if self._released is not None else ()

    def _told(self, report: QueuedReport) -> str:
        """Return which report it is, so that of several one is meant."""
        canvas = self.canvas()
        when = f"{canvas.day(report.sealed)} {canvas.clock(report.sealed)}"
        return f"{len(report.body):,} bytes, sealed {when}, sha256 {report.sha256[:8]}{canvas.glyphs.ellipsis}"

    def ask_to_release(self, subject: Subject) -> None:
        """Ask whether a request may be sent now; the question shows exactly that request."""
        shown = self.overview
        if shown is None:
            return
        endpoint, number = shown.consent.endpoint, len(subject.reports)
        endpoints = {report.endpoint for report in subject.reports} - {""}
        meant = {host(each) for each in endpoints if not same_endpoint(each, endpoint)}
        was = "It was" if number == 1 else "They were"
        other = f" {was} sealed for {', '.join(sorted(meant))}." if meant else ""
        asked = Question(
            "Release this report?" if number == 1 else f"Release {number} reports as one request?",
            f"{len(subject.body):,} bytes, sha256 {subject.sha256[:16]}{self.canvas().glyphs.ellipsis}, are sent now "
            f"to {endpoint}{by_way_of(shown.proxy)}.{other} If that cannot be reached, "
            f"{'it waits' if number == 1 else 'they wait'} here as before.",
            "Yes, send it" if number == 1 else "Yes, send them",
            "No, hold it" if number == 1 else "No, hold them",
        )
        self._ask(asked, lambda: self._release(subject))

    @work(thread=True, group="act", exit_on_error=False)
    def _release(self, subject: Subject) -> None:
        from shimmy_metrics.actions.outbox import release

        rows = frozenset(report.row_id for report in subject.reports)
        ids = frozenset(report.report_id for report in subject.reports)
        newest = max((entry.place for entry in self.overview.entries), default=0) if self.overview else 0

        def released() -> str:
            number = release(self.profile, rows)
            if not number:
                return "Gone already: nothing was sent now."
            self._released = Released(rows, ids, newest)
            self.call_from_thread(self.set_timer, SEND_SECONDS + PATIENCE_SECONDS, self._tell_unsent)
            return f"Released: a sender has {'it' if number == 1 else 'them'} now."

        self._do(released)

    def tell_sent(self) -> None:
        """Say what became of what was released, once that is known."""
        released, shown = self._released, self.overview
        departure = released.departure(shown) if released is not None and shown is not None else None
        if departure is None or shown is None:
            return
        self._released = None
        canvas = self.canvas()
        if departure.receipt:
            told = f"{sentence(became(departure, canvas.now, canvas.zone))} The receipt stands in History."
        else:
            told = " ".join(in_full(canvas, shown, departure))
        self.post_message(Done(told))

    def _tell_unsent(self) -> None:
        """Say that no sender made a request of what was released, and still waits: its time is over."""
        released, self._released = self._released, None
        shown = self.overview.outbox if self.overview is not None else ()
        waiting = sum(report.row_id in released.rows for report in shown) if released is not None else 0
        if waiting:
            waits = "The report waits" if waiting == 1 else "The reports wait"
            self.post_message(Done(f"No request was made. {waits} as before."))

    def ask_to_delete(self, report: QueuedReport) -> None:
        """Ask whether a report may be deleted."""
        canvas, shown = self.canvas(), self.overview
        carried = shown.departures if shown is not None else ()
        departure = next((each for each in carried if report.report_id in each.report_ids), None)
        asked = Question(
            "Delete this report?",
            f"{self._told(report)}. {sentence(never_left(departure, canvas.now, canvas.zone))} "
            "History notes that one was deleted by you, not what was in it.",
            "Yes, delete",
            "No, keep it",
        )
        self._ask(asked, lambda: self._delete(report))

    @work(thread=True, group="act", exit_on_error=False)
    def _delete(self, report: QueuedReport) -> None:
        from shimmy_metrics.actions.outbox import delete

        def done() -> str:
            made = delete(self.profile, report.row_id)
            canvas = self.canvas()
            return deleted(made.departure, canvas.now, canvas.zone) if made.gone else "Gone already."

        self._do(done)

    @work(thread=True, group="act", exit_on_error=False)
    def hold_back(self, report: QueuedReport) -> None:
        """Keep a report until it is released."""
        from shimmy_metrics.actions.outbox import hold_back

        self._do(
            lambda: (
                "Held until you release it."
                if hold_back(self.profile, report.row_id)
                else "Gone already, or on its way."
            )
        )

    def ask_to_delete_receipts(self, receipts: Sequence[Departure]) -> None:
        """Ask whether the bytes of all receipts may be deleted."""
        size = sum(len(each.body) for each in receipts)
        asked = Question(
            "Delete every receipt?",
            f"The bytes of {amount(len(receipts), 'receipt')} are deleted, {size:,} in all: your own proof of what "
            "was in them. That something left, when, where to and its digest stay on record.",
            "Yes, delete them",
            "No, keep them",
        )
        self._ask(asked, self._delete_receipts)

    @work(thread=True, group="act", exit_on_error=False)
    def _delete_receipts(self) -> None:
        from shimmy_metrics.actions.receipts import delete_receipts

        self._do(lambda: receipts_deleted(delete_receipts(self.profile)))
