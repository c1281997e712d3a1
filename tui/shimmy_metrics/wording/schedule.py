"""When reports are sent. Pure."""

from enum import Enum, auto
from typing import Final

from shimmy_metrics.limits import OUTBOX_DAYS, OUTBOX_REPORTS, SEND_SECONDS
from shimmy_metrics.next_attempt import FIRST_ATTEMPT, NextAttempt
from shimmy_metrics.wording.numbers import amount

_WHICH: Final = ("next", "second", "third", "fourth")


class NextEnd(Enum):
    """Which session's end is the next one at which an attempt is made."""

    ANY = auto()
    """None is measured now, or some are of those at whose end nothing is sent."""
    FROM_HERE = auto()
    """Those that are measured now make none, since they were started for another receiver; one from this shell does."""
    RUNNING = auto()
    """One is measured now."""
    ONE_OF_RUNNING = auto()
    """Several are measured now."""


_RUNNING: Final = {NextEnd.RUNNING: "the running session", NextEnd.ONE_OF_RUNNING: "one of the running sessions"}


def next_attempt(attempt: NextAttempt, which: NextEnd = NextEnd.ANY) -> str:
    """Return when the sender makes its next attempt, to follow the word "sent"."""
    if attempt.soon:
        return "in a moment"
    verb = "starts" if attempt.at_start else "ends"
    if not attempt.ends_skipped and not attempt.at_start and which in _RUNNING:
        return f"when {_RUNNING[which]} ends"
    if which is NextEnd.FROM_HERE:
        return f"when the {_WHICH[attempt.ends_skipped]} session from this shell {verb}"
    return f"when the {_WHICH[attempt.ends_skipped]} session {'from now ' if attempt.ends_skipped else ''}{verb}"


def ends_passed_over(failures: int, attempt: NextAttempt) -> str:
    """Return why the next attempt is not made at the next session's end or start, a clause; empty where it is."""
    if not attempt.ends_skipped:
        return ""
    words = ("session starts", "sessions start") if attempt.at_start else ("session ends", "sessions end")
    without = amount(attempt.ends_skipped, *words)
    return f"{failures} attempts in a row failed, so {without} without one"


NO_ATTEMPT: Final = "no attempt to send is on record"
"""What is said of the past where nothing was tried, as a clause."""

BEING_SENT: Final = "Something is being sent now."
"""What is said in place of when reports are sent, while a sender is at work."""

REQUEST_BEING_SENT: Final = "A request is being sent now; shimmy config --metrics status says what became of it."
"""What is said beneath what is waiting, while a sender is at work that may have it."""

MAY_STILL_BE_TAKEN: Final = "What is being sent now may still be taken."
"""What is said besides where reports are held from now on, while a sender is at work."""

SENDER_LATE: Final = f"The sender has not ended within its {SEND_SECONDS:.0f} s. Nothing else is sent before it does."

NOT_SENT_AFTER: Final = (
    f"After {OUTBOX_DAYS} days, or behind {OUTBOX_REPORTS} newer reports, a session's end deletes it."
)
"""What becomes of a report that still waits then; no clock deletes it."""

HELD_UNTIL_RELEASED: Final = f"Each report is held here until you release it. {NOT_SENT_AFTER}"

UNDER_ANOTHER_YES: Final = "The report of a session that began under another yes is held until you release it."

SENT_AT_ITS_END: Final = "It is sent when this session ends."
"""When the report of a running session is sent, where no end is skipped."""


def sent_when(attempt: NextAttempt, which: NextEnd = NextEnd.ANY) -> str:
    """Return when reports are sent, as a sentence; the rest as for `next_attempt`.

    Before a server was measured nobody knows how it will be started.
    """
    if attempt == FIRST_ATTEMPT:
        return "Each report is sent after its session."
    return f"Reports are sent {next_attempt(attempt, which)}."
