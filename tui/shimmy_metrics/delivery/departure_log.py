"""The log's line about a departure, in words for a person. Pure."""

from typing import Final

from shimmy_metrics.records import FAILURES, Failure, Outcome

BECAME: Final = {
    Outcome.CONFIRMED: "sent and confirmed",
    Outcome.ACCEPTED: "sent and accepted",
    Outcome.PARTLY: "sent and taken in part",
    Outcome.REFUSED: "sent and refused",
    Outcome.ERROR: "sent and answered with an error",
    Outcome.NO_ANSWER: "sent to the receiver without an answer",
    Outcome.CUT_OFF: "cut off here, possibly sent",
    Outcome.NOTHING_LEFT: "not sent to the receiver",
    Outcome.MAY_HAVE_LEFT: "possibly sent",
    Outcome.RECALLED: "recalled",
}
"""What the log says of each outcome."""

STILL_HERE: Final = ("it waits here", "they wait here")
"""What is said of one report that stays queued, and of several."""


def departure_line(outcome: Outcome, failure: Failure, *, reports: int, status: int, queued: bool) -> str:
    """Return what became of so many reports and why, of which the answer was `status`, or 0; `queued`: they stay so."""
    line = f"{reports} report{'s' if reports > 1 else ''} {BECAME[outcome]}"
    if status:
        line += f", status {status}"
    if failure:
        line += f": {FAILURES[failure]}"
    return f"{line}; {STILL_HERE[reports > 1]}" if queued else line
