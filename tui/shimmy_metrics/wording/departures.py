"""The sentences about what was and what was not sent: each comes from a departure. Pure.

App, `status`, `--plain`, deletions and withdrawals say it in these words alone, so that they never differ.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

from shimmy_metrics.consent.endpoint import host_of
from shimmy_metrics.entries import recalled_of_taken, sends
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.records import (
    FAILURES,
    Cause,
    Departure,
    DepartureKind,
    Entry,
    Failure,
    Note,
    NoteKind,
    Outcome,
    QueuedReport,
    QueueState,
)
from shimmy_metrics.wording.numbers import amount, day, when
from shimmy_metrics.wording.recall import recall_became, recall_label
from shimmy_metrics.wording.schedule import NO_ATTEMPT

_LABELS: Final = {
    None: "on the way",
    Outcome.CONFIRMED: "confirmed",
    Outcome.ACCEPTED: "accepted",
    Outcome.PARTLY: "partly taken",
    Outcome.REFUSED: "refused",
    Outcome.ERROR: "error",
    Outcome.NO_ANSWER: "no answer",
    Outcome.CUT_OFF: "cut off here",
    Outcome.NOTHING_LEFT: "nothing sent",
    Outcome.MAY_HAVE_LEFT: "possibly sent",
}


def _at(moment: datetime, now: datetime, zone: tzinfo | None) -> str:
    """Return a time as part of a sentence: `at 12:30`, `on 27 Nov 12:30`."""
    shown = when(moment, now, zone)
    return f"on {shown}" if " " in shown else f"at {shown}"


def host(endpoint: str) -> str:
    """Return an endpoint's short name: its host, with the port unless it is the default one."""
    return host_of(endpoint)


def label(departure: Departure) -> str:
    """Return what became of it in one to three words, for a table."""
    return recall_label(departure) if _recalls(departure) else _LABELS[departure.outcome]


def _recalls(departure: Departure) -> bool:
    return departure.kind is DepartureKind.RECALL or departure.outcome is Outcome.RECALLED


def sentence(text: str) -> str:
    """Return one of the texts here as a sentence that stands by itself; a host's name at its beginning stays small."""
    first = text.partition(" ")[0]
    return f"{first.capitalize() if first.isalpha() else first}{text[len(first) :]}."


def ended(departure: Departure, now: datetime, zone: tzinfo | None = None) -> str:
    """Return when it ended, as `when` does; when it began, if its sender was killed and its end is not known."""
    return when(_moment(departure), now, zone)


def _moment(departure: Departure) -> datetime:
    # When a killed sender ended is not known: `ended` is when the next one found it.
    shown = departure.ended if departure.failure is not Failure.INTERRUPTED else None
    return shown or departure.begun


def became(departure: Departure, now: datetime, zone: tzinfo | None = None) -> str:
    """Return what became of it as a sentence without its full stop: what left, where to, when, what came back."""
    to, at = host(departure.endpoint), _at(_moment(departure), now, zone)
    reports = amount(departure.reports, "report")
    failure = f": {FAILURES[departure.failure]}" if departure.failure else ""
    times = ""
    if departure.attempts > 1 and departure.since is not None:
        times = f" ({amount(departure.attempts, 'attempt')} since {when(departure.since, now, zone)})"
    if departure.kind is DepartureKind.RECALL or departure.outcome is Outcome.RECALLED:
        return recall_became(departure, to, at, f"{failure}{times}")
    match departure.outcome:
        case None:
            return f"{reports} on the way to {to}, begun {at}"
        case Outcome.CONFIRMED:
            return f"{reports} taken by {to} {at}, which confirmed the digest"
        case Outcome.ACCEPTED:
            return f"{reports} accepted by {to} {at}, which answered {departure.status} without the digest"
        case Outcome.PARTLY if departure.taken == departure.reports:
            return f"{reports} taken by {to} {at}, which answered {departure.status} all the same"
        case Outcome.PARTLY:
            return f"{departure.taken:,} of {reports} taken by {to} {at}, the rest not"
        case Outcome.REFUSED:
            over = ": it takes no more reports" if departure.status == 410 else ""
            return f"{reports} refused by {to} {at}, answer {departure.status}{over}"
        case Outcome.ERROR:
            return f"{reports} sent to {to} {at}, which answered with an error: {departure.status}"
        case Outcome.NO_ANSWER:
            return f"{reports} sent to {to} {at}, no answer{failure}"
        case Outcome.CUT_OFF:
            why = FAILURES[Failure.WITHDRAWN]
            return f"{reports} cut off here {at} because {why}; bytes may have been sent to {to}"
        case Outcome.MAY_HAVE_LEFT:
            return f"{reports} possibly sent to {to} {at}: the sender was ended before an answer"
        case Outcome.NOTHING_LEFT:
            return f"nothing sent to {to} {at}{failure}{times}"


def failed(departure: Departure) -> bool:
    """Whether its reports were not taken, or not deleted, for a reason that is not the person's own."""
    if departure.failure in (Failure.WITHDRAWN, Failure.TAKEN_BACK):
        return False
    done = departure.receipt or departure.outcome in (None, Outcome.CUT_OFF, Outcome.RECALLED)
    return not done


def afterwards(
    departure: Departure, queued: Collection[QueuedReport], next_attempt: str, blocked: str = ""
) -> Iterator[str]:
    """Yield what comes after the newest departure, a sentence each: what is tried again and when, what was set aside.

    `queued` are the reports that wait now, `next_attempt` says when a sender tries by itself. `blocked` says why
    nothing leaves now, empty where something may.
    """
    if departure.outcome is None:
        yield "Its outcome will show here."
        return
    its_own = [report for report in queued if report.report_id in departure.report_ids]
    aside = sum(report.state is QueueState.SET_ASIDE for report in its_own)
    if aside:
        are = "is" if aside == 1 else "are"
        yield f"{amount(aside, 'report')} of it {are} set aside, and not sent again by itself."
    if not failed(departure):
        return
    waiting = its_own if departure.report_ids else queued
    if blocked and any(report.state is not QueueState.SET_ASIDE for report in waiting):
        yield blocked
    elif any(report.state is QueueState.DUE for report in waiting):
        yield f"The next attempt is made {next_attempt}."
    elif any(report.state.held for report in waiting):
        yield "What is waiting is sent when you release it."


OVERDUE: Final = f"it has waited {OUTBOX_DAYS} days and is no longer sent: it is deleted when the next session ends"


def smaller_groups(report: QueuedReport) -> str:
    """Return why a report is held whose receiver lowered its groups, as a clause."""
    return f"{host(report.endpoint)} publishes figures about fewer reports than before"


def waits_until(report: QueuedReport, now: datetime, zone: tzinfo | None = None) -> str:
    """Return until when a report is held, as a sentence without its full stop: none waits longer than `OUTBOX_DAYS`."""
    if report.overdue(now):
        return OVERDUE
    if report.sealed - now > _ONE_DAY:  # the next session's end counts it as sealed then
        return f"its date is ahead of this machine's clock: it waits {OUTBOX_DAYS} days from the next session's end"
    until = day(report.until.astimezone(zone), now.astimezone(zone))
    return f"it waits until {until} at the latest; the next session's end after that deletes it"


_ONE_DAY: Final = timedelta(days=1)

ALIKE: Final = "Like attempts in a row that sent nothing are one line, with their number."


def in_all(taken: int, entries: Collection[Entry]) -> str:
    """Return what left in all, as a sentence without its full stop: what was `taken`, else what may have left."""
    departures, recalled = sends(entries), recalled_of_taken(entries)
    if taken:
        was = "was" if taken == 1 else "were"
        return f"{amount(taken, 'report')} {was} sent and taken{f', {recalled:,} recalled' if recalled else ''}"
    perhaps = sum(departure.outcome in _PERHAPS for departure in departures)
    if perhaps:
        return f"bytes may have been sent in {amount(perhaps, 'attempt')}; none is known to be taken"
    made = sum(departure.attempts for departure in departures)
    return f"nothing sent in {amount(made, 'attempt')}" if made else NO_ATTEMPT


def receipts_kept(number: int) -> str:
    """Return how many receipts are kept, to stand behind `in_all` where something was taken."""
    return f"{amount(number, 'receipt')} {'is' if number == 1 else 'are'} kept here" if number else "no receipt is kept"


_PERHAPS: Final = (
    None,
    Outcome.ERROR,
    Outcome.NO_ANSWER,
    Outcome.CUT_OFF,
    Outcome.MAY_HAVE_LEFT,
    Outcome.REFUSED,
)
"""Outcomes in which bytes left, or may have, and the receiver is not known to have taken them."""


def set_aside(report: QueuedReport) -> str:
    """Return why a report was set aside, as a sentence without its full stop; empty for one that was not."""
    match report.cause:
        case Cause.NONE:
            return ""
        case Cause.REFUSED:
            return f"refused by the receiver{f': answer {report.detail}' if report.detail else ''}"
        case Cause.RULE:
            return f"refused by the receiver: {report.detail}"
        case Cause.UNLISTED:
            return "not taken, and the receiver's answer does not say why"
        case Cause.DAMAGED:
            return "damaged bytes, which are sent to no receiver"
        case Cause.OLDER_RULES:
            return "made by rules of an earlier version, and sent to no receiver"
        case Cause.RECALLED:
            return "recalled by you, and not sent again"


def note(entry: Note) -> str:
    """Return what a note of the chain says, as a sentence without its full stop."""
    match entry.kind:
        case NoteKind.DROPPED:
            return f"{amount(entry.number, 'report')} dropped: too many waited, or too long"
        case NoteKind.DELETED:
            return f"{amount(entry.number, 'waiting report')} deleted by you"
        case NoteKind.FOLDED:
            return f"{amount(entry.number, 'older entry', 'older entries')}, of which only sums are kept"
        case NoteKind.RECEIPTS_DELETED:
            return f"bytes of {amount(entry.number, 'receipt')} deleted by you"
        case NoteKind.GROUPS_LOWERED:
            return f"figures about {entry.number:,} or more reports announced; what was due was held"
