"""Recalling what left: its receiver is asked to delete it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.records import Departure, DepartureKind, Outcome
from shimmy_metrics.wording.departures import became, host, sentence
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.recall import (
    ALL_RECALLED,
    EFFECT,
    all_asked,
    all_at_once,
    also_sent_to,
    recall_headers,
    together,
)
from shimmy_metrics.wording.receiver import by_way_of

if TYPE_CHECKING:
    from shimmy_metrics.actions.recall import FoundRecall


class RecallCommands:
    """Asks whether a request is to be recalled, and recalls it."""

    def __init__(self, host: Host, runner: Runner) -> None:
        self._host = host
        self._runner = runner

    def ask_to_recall(self, departure: Departure) -> str:
        """Ask whether a request may be recalled; the question shows what would be sent. Return why it cannot be."""
        from shimmy_metrics.actions.recall import recall_of

        shown = self._host.overview
        if shown is None:
            return ""
        found = recall_of(self._host.profile, departure, shown.departures)
        if not found.report_ids:
            return _reason(departure)
        number = len(found.report_ids)
        first = found.requests[0]
        more = f" and {amount(number - 1, 'more like it', 'more like it')}" if number > 1 else ""
        to = host(departure.endpoint)
        told = (
            f"{to} is asked to delete {'it' if number == 1 else 'them'}{by_way_of(found.proxy)}:",
            f"{first.method} {first.url}{more}.",
            *together(number, departure.reports),
            recall_headers(number),
            EFFECT,
            *also_sent_to(host(each.endpoint) for each in found.elsewhere),
        )
        question = Question(
            "Recall this report?" if number == 1 else f"Recall {number} reports?",
            " ".join(told),
            "Yes, recall it" if number == 1 else "Yes, recall them",
            "No",
        )
        self._runner.ask(question, lambda: self.recall(departure, number))
        return ""

    def recall(self, departure: Departure, number: int) -> None:
        """Ask the receiver to delete a request's reports, so many, and report what it answered."""

        def recalled() -> str:
            from shimmy_metrics.actions.recall import recall, recall_of

            made = recall(self._host.profile, recall_of(self._host.profile, departure, ()))
            canvas = self._host.canvas()
            return sentence(became(made, canvas.now, canvas.zone))

        them = "it" if number == 1 else "them"
        self._runner.run(recalled, f"Asking {host(departure.endpoint)} to delete {them}.")

    def ask_to_recall_all(self) -> None:
        """Ask whether every request that left, and was not recalled yet, may be recalled."""

        def find() -> None:
            from shimmy_metrics.actions.recall import find_all_recalls

            with self._runner.reporting_errors():
                every = find_all_recalls(self._host.profile)
                if not every:
                    self._runner.report(ALL_RECALLED)
                    return
                reports = sum(len(found.report_ids) for found in every)
                left = all_at_once(len(every), reports, (host(found.departure.endpoint) for found in every))
                headers = recall_headers(max(len(found.requests) for found in every))
                told = f"{left} {headers} {EFFECT}"
                question = Question("Recall all of them?", told, "Yes, recall them", "No")
                self._host.call_from_thread(self._runner.ask, question, lambda: self.recall_all(every))

        self._runner.in_thread(find)

    def recall_all(self, every: "Sequence[FoundRecall]") -> None:
        """Recall every request that left, and report how many of them were confirmed."""

        def recalled() -> str:
            from shimmy_metrics.actions.recall import recall_each

            made = [departure for _, departure in recall_each(self._host.profile, every)]
            confirmed = sum(departure.outcome is Outcome.RECALLED for departure in made)
            return all_asked(confirmed, len(every), len(every) - len(made))

        self._runner.run(recalled, "Asking for each report to be deleted.")


def _reason(departure: Departure) -> str:
    if departure.kind is not DepartureKind.REPORTS:
        return "This is a recall: there is nothing to recall in it."
    if departure.receipt:
        return "The ids of its reports went with the receipt, and without them no receiver can find it."
    if departure.outcome is None:
        return "It had just begun when you asked, so there was nothing to recall. Ask again."
    if departure.outcome is Outcome.NOTHING_LEFT:
        return "Nothing of it left, so there is nothing to recall."
    return "The ids of its reports went when you deleted receipts, and without them no receiver can find it."
