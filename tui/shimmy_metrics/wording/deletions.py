"""The sentences about what was deleted, and whether it had been sent before. Pure."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.records import Departure
from shimmy_metrics.wording.departures import became, host, sentence
from shimmy_metrics.wording.numbers import amount


def never_left(departure: Departure | None, now: datetime, zone: tzinfo | None = None, *, older: bool = False) -> str:
    """Return whether a report that is deleted ever left, by the newest departure that carried it.

    `older` is `QueuedReport.unrecorded`.
    """
    if departure is None:
        return "an earlier version kept no record of whether it was sent" if older else "it was never sent"
    return became(departure, now, zone)


def deleted(departure: Departure | None, now: datetime, zone: tzinfo | None = None, *, older: bool = False) -> str:
    """Return what is said once a waiting report was deleted, as `never_left` does."""
    told = never_left(departure, now, zone, older=older)
    return f"Deleted: {told}." if departure is None else f"Deleted. {sentence(told)}"


NOT_RECALLED: Final = "Nothing in them can be recalled after that."
"""What deleting receipts takes away besides: the ids by which a receiver finds a report go with them."""


def ids_go(attempts: int) -> str:
    """Return what goes of so many attempts and recalls of which no bytes are kept."""
    return f"the ids of the reports in {amount(attempts, 'entry', 'entries')} without a receipt"


def receipts_deleted(receipts: int, attempts: int) -> str:
    """Return what is said once so many receipts and attempts lost their bytes or ids: what goes and what stays."""
    if not (receipts or attempts):  # another process deleted them while the question stood open
        return "They were deleted already."
    bytes_go = [f"the bytes of {amount(receipts, 'receipt')}"] if receipts else []
    gone = " and ".join([*bytes_go, *([ids_go(attempts)] if attempts else [])])
    return f"Deleted: {gone}. When, where to and each digest stay on record."


def purged_without_consent(result: PurgeResult, now: datetime) -> Iterator[str]:
    """Yield what was deleted for want of consent, a line each; nothing where there was nothing."""
    lost = list(purged(result, now))
    if lost:
        kept_here = result.reports or result.unrecorded or result.sessions or result.requests or result.days
        covered = "for what was kept here" if kept_here else "to send what was waiting here"  # "only for me" keeps it
        yield f"There was no consent {covered}:"
        yield from lost


def purged(result: PurgeResult, now: datetime, zone: tzinfo | None = None) -> Iterator[str]:
    """Yield what a withdrawal deleted, and what had left before, a sentence each; nothing where there was nothing."""
    was = "was" if result.reports == 1 else "were"
    lost = [f"{amount(result.reports, 'report')} that {was} never sent"] if result.reports else []
    lost += [f"{amount(result.sessions, 'session')} kept for you"] if result.sessions else []
    lost += [f"{amount(result.requests, 'request')} counted"] if result.requests else []
    lost += [f"your own figures of {amount(result.days, 'day')}"] if result.days else []
    if lost:
        yield f"Deleted: {', '.join(lost)}."
    if result.unrecorded:
        reports = amount(result.unrecorded, "report")
        yield f"Deleted: {reports} of an earlier version, which kept no record of whether they were sent."
    for departure, number in result.sent_before:
        reports = amount(number, "report")
        done = "No longer waiting" if result.kept else "Deleted"
        yield f"{done}: {reports} of which bytes had been sent before: {became(departure, now, zone)}."
    if result.kept:
        yield f"{amount(result.kept, 'report')} that waited became {amount(result.kept, 'session')} kept for you."
    if result.delivered is not None:
        yield f"Just before: {became(result.delivered, now, zone)}. The receipt is kept."
    if result.may_leave_to:
        yield f"A report may still be sent to {host(result.may_leave_to)}: its sender has not ended yet."
