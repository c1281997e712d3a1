"""What a person can do from any screen: `acting` has how each asks, acts in a thread and says what became of it.

The actions and the screens that ask or show something are loaded when they are wanted: the first frame does not wait
for them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from textual import work

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.acting import PATIENCE_SECONDS, Acting
from shimmy_metrics.app.messages import Answered, Done
from shimmy_metrics.app.pages.asked import Asked, Parcel, Wanted, at_home, free, in_home
from shimmy_metrics.app.pages.choice import Choice
from shimmy_metrics.consent import Delivery
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Pending, Receipt
from shimmy_metrics.wording import amount, by_way_of, decided, deleted, findings, held, renewed

_ABOUT_NEWS: Final = ("add", "leave")


class Doing(Acting):
    """The actions of the app. Nothing here draws."""

    overview: Overview | None
    _released: Pending | None = None

    # --- consent ------------------------------------------------------------------------------------------------

    def ask_again(self, choice: Choice) -> None:
        """Ask once more: the answer was given by a button."""
        asked = Asked(f"{choice.label}?", f"{choice.consequence[:1].upper()}{choice.consequence[1:]}.", "Yes", "No")
        self._ask(asked, lambda: self.answer(choice.does))

    def answer(self, answer: str) -> None:
        """Carry out an answer of the consent page."""
        if answer == "later":
            self.post_message(Answered("Nothing was decided and nothing was written."))
        elif answer == "hold":
            self._hold()
        else:
            self._decide(answer)

    @work(thread=True, group="act", exit_on_error=False)
    def _decide(self, answer: str) -> None:
        from shimmy_metrics.actions.decide import ANSWERS

        try:
            with self._telling():
                made = ANSWERS[answer](self.profile)
        except TroubleError as error:
            self.post_message(Done(f"Nothing was changed. {error}."))
            return
        if answer in _ABOUT_NEWS:
            self.post_message(Answered(renewed(made.decision)))
            return
        lost = deleted(reports=made.deleted.reports, sessions=made.deleted.sessions, requests=made.deleted.requests)
        switch = self.profile.environment.switch
        sentence = decided(made.decision, changed=made.changed, lost=lost, whole=made.deleted.whole, switch=switch)
        self.post_message(Answered(sentence))

    @work(thread=True, group="act", exit_on_error=False)
    def _hold(self) -> None:
        review = self.overview is None or self.overview.standing.decision.delivery is Delivery.AUTOMATIC
        from shimmy_metrics.actions.decide import hold

        try:
            with self._telling():
                hold(self.profile, review=review)
        except TroubleError as error:
            self.post_message(Done(f"Nothing was changed. {error}."))
            return
        self.post_message(Answered(held(review=review)))

    # --- the outbox ---------------------------------------------------------------------------------------------

    def _told(self, report: Pending) -> str:
        """Return which report it is, so that of several one is meant."""
        canvas = self.canvas()
        when = f"{canvas.day(report.sealed)} {canvas.clock(report.sealed)}"
        return f"{len(report.body):,} bytes, sealed {when}, sha256 {report.sha256[:8]}{canvas.signs.cut}"

    def ask_to_release(self, report: Pending) -> None:
        """Ask whether a report may leave now."""
        shown = self.overview
        where = f"{shown.standing.endpoint}{by_way_of(shown.proxy)}" if shown else ""
        asked = Asked(
            "Release this report?",
            f"{self._told(report)}, leave now for {where}. "
            "If the receiver cannot be reached it stays here and is tried again.",
            "Yes, send it",
            "No, hold it",
        )
        self._ask(asked, lambda: self._release(report))

    @work(thread=True, group="act", exit_on_error=False)
    def _release(self, report: Pending) -> None:
        from shimmy_metrics.actions.release import release

        def released() -> str:
            if not release(self.profile, report.id):
                return "It was gone already."
            self._released = report
            self.call_from_thread(self.set_timer, SEND_SECONDS + PATIENCE_SECONDS, self._tell_unsent)
            return "It leaves now."

        self._do(released)

    def tell_sent(self) -> None:
        """Say that a report which was released has been sent, where its receipt is there."""
        report, shown = self._released, self.overview
        if report is None or shown is None:
            return
        sent = next((each for each in shown.deliveries if report.report_id.encode() in each.body), None)
        if sent is not None:
            self._released = None
            told = f"Sent: {len(sent.body):,} bytes, answer {sent.status}. Its receipt stands in History."
            self.post_message(Done(told))

    def _tell_unsent(self) -> None:
        if self._released is not None:
            self._released = None
            self.post_message(
                Done("Not sent: the receiver was not reached, or did not take it. The report stays here.")
            )

    def ask_to_delete(self, report: Pending) -> None:
        """Ask whether a report may be deleted."""
        asked = Asked(
            "Delete this report?",
            f"{self._told(report)}, not sent yet. It is gone for good; the chain of receipts notes that one was "
            "deleted by you, not what was in it.",
            "Yes, delete",
            "No, keep it",
        )
        self._ask(asked, lambda: self._delete(report))

    @work(thread=True, group="act", exit_on_error=False)
    def _delete(self, report: Pending) -> None:
        from shimmy_metrics.actions.release import delete

        self._do(
            lambda: "Deleted. Nothing of it was sent." if delete(self.profile, report.id) else "It was gone already."
        )

    @work(thread=True, group="act", exit_on_error=False)
    def hold_back(self, report: Pending) -> None:
        """Keep a report until it is released."""
        from shimmy_metrics.actions.release import hold_back

        self._do(
            lambda: (
                "It waits until you release it."
                if hold_back(self.profile, report.id)
                else "It was gone already, or is on its way."
            )
        )

    def ask_to_delete_receipts(self, receipts: Sequence[Receipt]) -> None:
        """Ask whether all receipts may be deleted."""
        sent = sum(bool(each.body) for each in receipts)
        asked = Asked(
            "Delete every receipt?",
            f"{amount(sent, 'receipt')} and {amount(len(receipts) - sent, 'note')} are gone for good: your own proof "
            "of what left, when and where to. What was sent stays sent.",
            "Yes, delete them",
            "No, keep them",
        )
        self._ask(asked, self._delete_receipts)

    @work(thread=True, group="act", exit_on_error=False)
    def _delete_receipts(self) -> None:
        from shimmy_metrics.actions.release import delete_receipts

        self._do(lambda: f"Deleted: {amount(delete_receipts(self.profile), 'entry', 'entries')}.")

    # --- export, copy, validate ---------------------------------------------------------------------------------

    @work(thread=True, group="act", exit_on_error=False)
    def action_export(self) -> None:
        """Gather everything that is held, then ask where to."""
        from shimmy_metrics.actions.export import export

        try:
            with self._telling("Reading all that is held here."):
                data = export(self.profile)
        except TroubleError as error:
            self.post_message(Done(f"{error}."))
            return
        self.call_from_thread(self._ask_to_save, self._export_parcel(data))

    def ask_to_copy(self, report: Pending) -> None:
        """Ask where to save a report's bytes that are copied."""
        path = free(at_home(Path("~")) / f"shimmy-report-{report.sealed:%Y-%m-%d}.json")
        self._ask_to_save(Parcel("Copy these bytes?", report.body, "this report, byte for byte", path, copies=True))

    def _export_parcel(self, data: bytes) -> Parcel:
        path = free(at_home(Path("~")) / f"shimmy-metrics-{self.profile.clock.now():%Y-%m-%d}.json")
        shown = self.overview
        if shown is None:
            return Parcel("Export everything held here?", data, "everything", path)
        told = [
            "config",
            amount(len(shown.running) + len(shown.ended), "session"),
            f"{amount(len(shown.outbox), 'report')} waiting",
            amount(len(shown.receipts), "receipt"),
        ]
        return Parcel("Export everything held here?", data, ", ".join(told), path)

    def _ask_to_save(self, parcel: Parcel) -> None:
        from shimmy_metrics.app.screens.export import ExportScreen

        screen = ExportScreen(parcel)
        self._put(screen, lambda: self._save(parcel, screen.wanted))

    @work(thread=True, group="act", exit_on_error=False)
    def _save(self, parcel: Parcel, wanted: Wanted | None) -> None:
        if wanted is None:
            return

        from shimmy_metrics.actions.export import save

        def saved() -> str:
            try:
                save(parcel.data, wanted.path)
            except FileExistsError:
                return f"{in_home(wanted.path)} is already there. Nothing was written."
            size = f"{len(parcel.data):,} bytes"
            if not wanted.copies:
                return f"Saved: {in_home(wanted.path)}, {size}."
            self.call_from_thread(self.copy_to_clipboard, parcel.data.decode(errors="replace"))
            return f"Saved: {in_home(wanted.path)}, {size}; handed to the terminal's clipboard as well."

        self._do(saved)

    @work(thread=True, group="act", exit_on_error=False)
    def action_validate(self) -> None:
        """Check every byte that is held."""

        def validated() -> str:
            from shimmy_metrics.actions.validate import validate_held  # with sockets for the host's names: 6 ms

            found = validate_held(self.profile)
            lines = list(findings(found.faults, found.canaries, found.checked, held=True))
            if not found.ok:
                self.call_from_thread(self._show_violations, lines)
            return "\n".join(lines) if found.ok else lines[-1]

        self._do(validated, "Checking every byte that is held here.")

    def _show_violations(self, lines: Sequence[str]) -> None:
        from shimmy_metrics.app.screens.text import Text, TextScreen

        text = Text("Validate", f"{lines[-1]} Nothing was changed.", "", lines[:-1])
        _ = self.push_screen(TextScreen(text))
