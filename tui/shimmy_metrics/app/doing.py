"""What a person can do from any screen: `acting` has how each asks, acts in a thread and says what became of it.

The actions and the screens that ask or show something are loaded when they are wanted: the first frame does not wait
for them.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from textual import work

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.purge import PurgeResult
from shimmy_metrics.app.messages import Answered, Done
from shimmy_metrics.app.preload import Start
from shimmy_metrics.app.releasing import Releasing
from shimmy_metrics.app.screens.consent.choice import Choice
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.ui.asked import Question, SaveRequest, SaveTarget, at_home, free, in_home
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.state import Decision, Delivery
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import FIRST_ATTEMPT
from shimmy_metrics.wording.consent import obstacle
from shimmy_metrics.wording.decision import answer_sentence, delivery_changed, held_for_an_earlier_yes, renewal_recorded
from shimmy_metrics.wording.departures import purged
from shimmy_metrics.wording.numbers import amount

_ABOUT_NEWS: Final = (Answer.ADD_FIELDS, Answer.LEAVE_FIELDS)

_TOGETHER_SECONDS: Final = 2.0
"""What an answer deleted is told within this time: a sender that was at work is waited for a second."""


class Doing(Releasing):
    """The actions of the app. Nothing here draws."""

    overview: Overview | None
    start: Start
    _answer = ""
    _answered = -math.inf
    _gone = ""
    _went = -math.inf

    # --- consent ------------------------------------------------------------------------------------------------

    def ask_again(self, choice: Choice) -> None:
        """Ask once more: the answer was given by a button."""
        asked = Question(f"{choice.label}?", f"{choice.consequence[:1].upper()}{choice.consequence[1:]}.", "Yes", "No")
        self._ask(asked, lambda: self.answer(choice.answer))

    def answer(self, answer: Answer) -> None:
        """Carry out an answer of the consent page."""
        if answer is Answer.LATER:
            self.post_message(Answered("Nothing was decided and nothing was written."))
        elif answer is Answer.HOLD:
            self._hold()
        else:
            self._decide(answer)

    @work(thread=True, group="act", exit_on_error=False)
    def _decide(self, answer: Answer) -> None:
        """Record it and say so at once; then, since a sender may have to end first, what was deleted."""
        from shimmy_metrics.actions.decide import ANSWERS

        self._answer = ""

        def recorded(decision: Decision, /, *, changed: bool, told: tuple[str, ...]) -> None:
            self.heard(answer, decision, changed=changed, told=told)

        try:
            with self._telling():
                made = ANSWERS[answer](self.profile, recorded)
        except UserError as error:
            self.post_message(Done(f"{error}."))
            return
        self.tell_purged(made.purged)
        if made.held:
            self.post_message(Done(f"{self._answer} {held_for_an_earlier_yes(made.held)}"))
        if self.start.asking:
            self.post_message(Answered(self._answer))

    def heard(self, answer: Answer, decision: Decision, *, changed: bool, told: tuple[str, ...]) -> None:
        """Say that an answer is recorded; where the app ends with it, that is left to who waits for all of it."""
        # Whoever looks, as the app itself does twice a second, may have deleted before this is heard.
        gone = [self._gone] if self._lately(self._went) else []
        self._answer = " ".join((*told, self._recorded(answer, decision, changed=changed), *gone))
        self._answered = self.time()
        if not self.start.asking:
            self.post_message(Answered(self._answer))

    def tell_purged(self, result: PurgeResult | None) -> None:
        """Say what was deleted for want of consent, by an answer or by whoever looked first after it."""
        if result is None or result == PurgeResult():
            return
        canvas = self.canvas()
        self._gone, self._went = " ".join(purged(result, canvas.now, canvas.zone)), self.time()
        answer = f"{self._answer} " if self._lately(self._answered) else ""
        self.post_message(Done(f"{answer}{self._gone}"))

    def _lately(self, moment: float) -> bool:
        return self.time() - moment < _TOGETHER_SECONDS

    def _recorded(self, answer: Answer, decision: Decision, *, changed: bool) -> str:
        if answer in _ABOUT_NEWS:
            return renewal_recorded(decision)
        shown, environment = self.overview, self.profile.environment
        return answer_sentence(
            decision,
            changed=changed,
            switch=environment.switch,
            endpoint=environment.endpoint or decision.endpoint,
            starting=self.start.asking,
            attempt=shown.attempt if shown is not None else FIRST_ATTEMPT,
        )

    @work(thread=True, group="act", exit_on_error=False)
    def _hold(self) -> None:
        review = self.overview is None or self.overview.consent.decision.delivery is Delivery.AUTOMATIC
        from shimmy_metrics.actions.decide import hold

        try:
            with self._telling():
                hold(self.profile, review=review)
        except UserError as error:
            self.post_message(Done(f"{error}."))
            return
        shown = self.overview
        attempt, blocked = (shown.attempt, obstacle(shown.consent)) if shown is not None else (FIRST_ATTEMPT, "")
        self.post_message(Answered(delivery_changed(attempt, review=review, blocked=blocked)))

    # --- forget --------------------------------------------------------------------------------------------------

    @work(thread=True, group="act", exit_on_error=False)
    def ask_to_forget(self) -> None:
        """Count what lies here, then ask whether all of it may be deleted."""
        from shimmy_metrics.actions.forget import forget_plan
        from shimmy_metrics.wording.files import NOTHING_HERE, question

        before = forget_plan(self.profile)
        if before.nothing:
            self.post_message(Done(NOTHING_HERE))
            return
        text = " ".join(question(before))
        self.call_from_thread(
            self._ask, Question("Forget all of it?", text, "Yes, forget", "No, keep it"), self._forget
        )

    @work(thread=True, group="act", exit_on_error=False)
    def _forget(self) -> None:
        from shimmy_metrics.actions.forget import forget
        from shimmy_metrics.wording.files import done

        def forgotten() -> str:
            return " ".join(done(forget(self.profile), self.profile.clock.now()))

        self._do(forgotten, "Deleting; what runs is waited for.")

    # --- export, copy, validate ---------------------------------------------------------------------------------

    @work(thread=True, group="act", exit_on_error=False)
    def action_export(self) -> None:
        """Gather everything that is held, then ask where to."""
        from shimmy_metrics.actions.export import export

        try:
            with self._telling("Reading all that is held here."):
                data = export(self.profile)
        except UserError as error:
            self.post_message(Done(f"{error}."))
            return
        self.call_from_thread(self._ask_to_save, self._export_parcel(data))

    def ask_to_copy(self, subject: Subject) -> None:
        """Ask where to save the bytes of a request or a report, which are copied too."""
        path = free(at_home(Path("~")) / f"shimmy-report-{subject.reports[0].sealed:%Y-%m-%d}.json")
        what = "this report" if subject.report else f"this request of {len(subject.reports)} reports"
        self._ask_to_save(SaveRequest("Copy these bytes?", subject.body, f"{what}, byte for byte", path, copies=True))

    def _export_parcel(self, data: bytes) -> SaveRequest:
        path = free(at_home(Path("~")) / f"shimmy-metrics-{self.profile.clock.now():%Y-%m-%d}.json")
        shown = self.overview
        if shown is None:
            return SaveRequest("Export everything held here?", data, "everything", path)
        if not shown.store_read:
            return SaveRequest("Export what could be read?", data, "config and log; the store was not read", path)
        told = [
            "config",
            amount(len(shown.running) + len(shown.ended), "session"),
            f"{amount(len(shown.outbox), 'report')} waiting",
            amount(len(shown.entries), "entry of History", "entries of History"),
        ]
        return SaveRequest("Export everything held here?", data, ", ".join(told), path)

    def _ask_to_save(self, parcel: SaveRequest) -> None:
        from shimmy_metrics.app.screens.export.screen import ExportScreen

        screen = ExportScreen(parcel)
        self._put(screen, lambda: self._save(parcel, screen.wanted))

    @work(thread=True, group="act", exit_on_error=False)
    def _save(self, parcel: SaveRequest, wanted: SaveTarget | None) -> None:
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
            from shimmy_metrics.wording.validation import findings

            found = validate_held(self.profile)
            lines = list(findings(found, held=True))
            if not found.ok:
                self.call_from_thread(self._show_violations, lines)
            return "\n".join(lines) if found.ok else lines[-1]

        self._do(validated, "Checking every byte that is held here.")

    def _show_violations(self, lines: Sequence[str]) -> None:
        from shimmy_metrics.app.screens.pager.screen import PagerScreen, PagerText

        text = PagerText("Validate", f"{lines[-1]} Nothing was changed.", "", lines[:-1])
        _ = self.push_screen(PagerScreen(text))
