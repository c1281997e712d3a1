"""Answering the question: the answer is recorded, and what it deleted is reported with it."""

import contextlib
import math
from collections.abc import Callable
from typing import Final

from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.situation import Situation
from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.messages import Answered
from shimmy_metrics.app.screens.consent.answer_line import Choice
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import Consent, Decision, Delivery
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure
from shimmy_metrics.wording.decision import answer_recorded, delivery_changed, held_for_an_earlier_yes, renewal_recorded
from shimmy_metrics.wording.deletions import purged
from shimmy_metrics.wording.files import stays
from shimmy_metrics.wording.recall import not_taken_back

_TOGETHER_SECONDS: Final = 2.0
"""A deletion within this time of an answer is reported with it; the answer waits a second for a running sender."""


class ConsentCommands:
    """Records answers, and reports each with the deletions that it caused, whoever carried them out."""

    def __init__(self, host: Host, runner: Runner) -> None:
        self._host = host
        self._runner = runner
        self._answer = ""
        self._given: Answer | None = None
        self._answered_at = -math.inf
        self._deletion = ""
        self._deleted_at = -math.inf

    def ask_again(self, choice: Choice, still_offered: Callable[[], bool]) -> None:
        """Ask once more, since the answer came by a button.

        A yes counts only while the answer is `still_offered`: to "Keep on, no change" it is none to enabling again
        after another process's no.
        """
        consequence = f"{choice.consequence[:1].upper()}{choice.consequence[1:]}."

        def agreed() -> None:
            if still_offered():
                self.answer(choice.answer)
            else:
                self._runner.report("What this answer does has changed meanwhile, so nothing was done. Choose again.")

        self._runner.ask(Question(f"{choice.label}?", consequence, "Yes", "No"), agreed)

    def answer(self, answer: Answer) -> None:
        """Carry out an answer."""
        if answer is Answer.LATER:
            _ = self._host.post_message(Answered("Nothing was decided and nothing was written."))
        elif answer is Answer.HOLD:
            self._runner.in_thread(self._hold)
        else:
            self._runner.in_thread(lambda: self._record(answer))

    def report_recorded(self, answer: Answer, decision: Decision, *, changed: bool, notices: tuple[str, ...]) -> None:
        """Report an answer as soon as it is recorded; if it closes the app, its deletions are waited for first."""
        # The poller, twice a second, may have carried out the deletion before this.
        deletion = [self._deletion] if self._recent(self._deleted_at) else []
        self._answer = " ".join((*notices, self._sentence(answer, decision, changed=changed), *deletion))
        self._given = answer
        self._answered_at = self._host.time()
        if not self._host.start.asking:
            _ = self._host.post_message(Answered(f"{self._answer} {self._stays(answer)}".rstrip()))

    def report_purged(self, result: PurgeResult) -> None:
        """Report what was deleted for want of consent, by an answer or by the poller after it."""
        canvas = self._host.canvas()
        self._deletion = " ".join(purged(result, canvas.now, canvas.zone))
        self._deleted_at = self._host.time()
        answered = self._recent(self._answered_at)
        # What stays is counted again: a sender that was cut off has logged it by now.
        said = (self._answer, self._deletion, self._stays(self._given)) if answered else (self._deletion,)
        self._runner.report(" ".join(filter(None, said)))

    def _record(self, answer: Answer) -> None:
        from shimmy_metrics.actions.decide import ANSWERS

        self._answer = ""
        self._deleted_at = -math.inf  # what an earlier answer deleted is no part of this one

        with self._runner.reporting_errors():
            with self._runner.busy() as result_shown:

                def recorded(decision: Decision, /, *, changed: bool, notices: tuple[str, ...]) -> None:
                    result_shown()
                    self.report_recorded(answer, decision, changed=changed, notices=notices)

                made = ANSWERS[answer](self._host.profile, recorded)
            if made.purged != PurgeResult():  # else the poller may have deleted it, and said so
                self.report_purged(made.purged)
            if made.held:
                self._runner.report(f"{self._answer} {held_for_an_earlier_yes(made.held)}")
            if self._host.start.asking:
                _ = self._host.post_message(Answered(self._answer))

    def _hold(self) -> None:
        from shimmy_metrics.actions.decide import hold

        shown = self._host.overview
        review = shown is None or shown.consent.decision.delivery is Delivery.AUTOMATIC
        with self._runner.reporting_errors():
            with self._runner.busy():
                decision, moved = hold(self._host.profile, review=review)
            shown = self._host.overview
            consent = shown.consent if shown is not None else self._consent(decision)
            _ = self._host.post_message(
                Answered(delivery_changed(consent, self._situation, review=review, moved=moved))
            )

    def _recent(self, moment: float) -> bool:
        return self._host.time() - moment < _TOGETHER_SECONDS

    def _sentence(self, answer: Answer, decision: Decision, *, changed: bool) -> str:
        if answer in {Answer.ADD_FIELDS, Answer.LEAVE_FIELDS}:
            return renewal_recorded(decision)
        consent, starting, now = self._consent(decision), self._host.start.asking, self._situation
        if now.cut_off and decision.consent is Consent.GRANTED:  # under another yes their reports are not due
            from shimmy_metrics.actions.status import read_status

            now = now._replace(attempt=read_status(self._host.profile).attempt)
        return " ".join(answer_recorded(consent, now, changed=changed, starting=starting))

    def _consent(self, decision: Decision) -> EffectiveConsent:
        """Return what is in force under an answer that was recorded just now."""
        shown, environment = self._host.overview, self._host.profile.environment
        unwritable = shown.consent.unwritable if shown is not None else ""
        endpoint = environment.endpoint or decision.endpoint
        return EffectiveConsent(decision, environment.switch, endpoint, unwritable=unwritable)

    @property
    def _situation(self) -> Situation:
        return self._host.overview.situation if self._host.overview is not None else Situation()

    def _stays(self, answer: Answer | None) -> str:
        """Return what an answer that ends sending leaves, here and elsewhere, and by which keys that is deleted."""
        from shimmy_metrics.actions.files import files
        from shimmy_metrics.actions.recall import recallable

        shown, keys = self._host.overview, self._host.keys
        if shown is None or answer not in {Answer.DECLINE, Answer.ONLY_FOR_ME}:
            return ""
        requests = len(recallable([each for each in shown.entries if isinstance(each, Departure)]))
        recall = f"{keys.of('app.history')}, then {keys.of('history.recall-all')}"
        if answer is Answer.ONLY_FOR_ME:
            return not_taken_back(recall) if requests else ""
        left = shown.files
        with contextlib.suppress(UserError):
            left = files(self._host.profile)  # the first answer makes the config's lock
        return stays(
            left,
            sum(bool(receipt.body) for receipt in shown.receipts),
            requests,
            recall=recall,
            forget=f"{keys.of('app.consent')}, then {keys.of('consent.forget')}",
        )
