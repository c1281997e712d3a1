"""The sentences about recalling a request. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.wording.numbers import amount

_MAY_BE_GUESSED: Final = "Asked for all at once, a receiver can guess that they were one machine's."

EFFECT: Final = "What its receiver has already counted in a published figure stays there."

INTERRUPTED: Final = "Interrupted: of the rest, one request may have been sent. Do this again to recall what is left."

_LABELS: Final = {
    None: "being recalled",
    Outcome.RECALLED: "recalled",
    Outcome.REFUSED: "recall refused",
    Outcome.ERROR: "recall: error",
    Outcome.NO_ANSWER: "recall: no answer",
    Outcome.NOTHING_LEFT: "recall not sent",
    Outcome.MAY_HAVE_LEFT: "recall cut short",
}


def recall_label(departure: Departure) -> str:
    """Return what became of a recall in one to three words, for a table."""
    if departure.outcome is not Outcome.RECALLED and departure.taken:
        return "partly recalled"
    return _LABELS.get(departure.outcome, "recall")


def recall_became(departure: Departure, to: str, at: str, failure: str) -> str:
    """Return what became of a recall, as a sentence without its full stop.

    `to` is the receiver's host, `at` when it was; `failure` says why there was no answer, and how often there was none.
    """
    reports = amount(departure.reports, "report")
    what = f"recall of {reports}"
    answer = f"answer {departure.status}" if departure.status else "no answer"
    match departure.outcome:
        case None:
            return f"{what} on the way to {to}, begun {at}"
        case Outcome.RECALLED:
            them = "it" if departure.reports == 1 else "them"  # deleted now or earlier: it answers both alike
            return f"{reports} recalled {at}: {to} confirmed that it holds {them} no more"
        case Outcome.NOTHING_LEFT:
            return f"{what} not sent to {to} {at}{failure}"
        case Outcome.MAY_HAVE_LEFT:
            return f"{what} possibly sent to {to} {at}: this program was ended before an answer"
        case _ if departure.taken:
            done = f"{departure.taken:,} of {reports} recalled {at}, which {to} confirmed"
            other = f"another was answered {departure.status}" if departure.status else "then no answer"
            return f"{done}; {other}{failure}"
        case Outcome.NO_ANSWER if departure.reports > 1:  # then those behind it were not asked for
            return f"{what} sent to {to} {at} as far as the first without an answer, none confirmed{failure}"
        case _:
            return f"{what} sent to {to} {at}, not confirmed: {answer}{failure}"


def recall_headers(requests: int) -> str:
    """Return which headers so many requests have that go over one connection, as a sentence."""
    several = "; Connection is keep-alive in all but the last" if requests > 1 else ""
    return f"The headers are those of a report, without the two that describe a body{several}."


def all_at_once(requests: int, reports: int, hosts: Iterable[str]) -> str:
    """Return what is asked before everything that left is recalled, as a sentence."""
    named = sorted(set(hosts))
    left = f"{amount(requests, 'request')} with {amount(reports, 'report')} that left for {' and '.join(named)}"
    guess = f" {_MAY_BE_GUESSED}" if requests > len(named) else ""
    return f"{left}: a DELETE for each report.{guess}"


def all_asked(confirmed: int, requests: int, unasked: int) -> str:
    """Return what became of recalling so many requests, `unasked` of them not, as their receiver gave no answer."""
    rest = f" {amount(unasked, 'request was', 'requests were')} not asked for after that." if unasked else ""
    by_whom = ", each confirmed by its receiver" if confirmed else ""
    return f"{confirmed:,} of {amount(requests, 'request')} recalled{by_whom}.{rest}"


def not_taken_back(recall: str) -> str:
    """Return what an answer does not change, as a sentence; `recall` is the command, or in the app the keys."""
    return f"This does not take back what was sent; to have it deleted at its receiver, recall it: {recall}."


ALL_RECALLED: Final = "Everything that left, and whose ids are known here, is recalled already."


def together(reports: int, in_request: int) -> Iterator[str]:
    """Yield what is said where a recall concerns several reports, a sentence each; `in_request` are in that request."""
    if in_request > 1:
        yield f"This request carried {amount(in_request, 'report')}. They are recalled together."
    if reports < in_request:
        yield f"The ids of {in_request - reports:,} of them are not kept here any more: these cannot be recalled."


def also_sent_to(hosts: Iterable[str]) -> Iterator[str]:
    """Yield that reports may have left for other receivers as well."""
    others = sorted(set(hosts))
    if others:
        yield f"It may also have left for {', '.join(others)}: recall the digest that history shows for that."
