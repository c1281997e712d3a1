"""What the screens say about sending: how the last attempt went, what comes next and when. Pure."""

from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.records import Departure, QueuedReport, QueueState
from shimmy_metrics.wording.consent import obstacle, while_unusable
from shimmy_metrics.wording.departures import afterwards, became, ended, failed, label, sentence
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.other_servers import next_end
from shimmy_metrics.wording.schedule import next_attempt

SEEN_SECONDS: Final = 3.0
"""What became of an attempt to send is shown until a person does something after this long."""


def last_failed(overview: Overview) -> Departure | None:
    """Return the newest departure where it failed and something still waits, else None."""
    last = next(iter(overview.departures), None)
    return last if last is not None and overview.outbox and failed(last) else None


def next_by_itself(overview: Overview) -> str:
    """Return when a sender tries by itself, worded to follow "sent"."""
    return next_attempt(overview.attempt, next_end(overview.consent, overview.sessions))


def in_short(canvas: Canvas, overview: Overview) -> tuple[str, ...]:
    """Return how the last attempt failed and what comes next, in ever fewer words; empty where it did not fail."""
    last = last_failed(overview)
    if last is None:
        return ()
    attempt = f"last attempt {ended(last, canvas.now, canvas.zone)}: {label(last)}"
    due = any(report.state is QueueState.DUE for report in _leavable(overview))
    then = (f"{attempt}; the next {next_by_itself(overview)}",) if due and overview.consent.sends else ()
    return (*then, attempt, f"last attempt: {label(last)}", label(last))


def newly_ended(before: Overview | None, now: Overview) -> Departure | None:
    """Return the newest attempt to send where it has ended since `before`, else None."""
    if before is None:
        return None
    last = next(iter(now.departures), None)
    known = next((each for each in before.departures if last is not None and each.row_id == last.row_id), None)
    if last is None or last.ended is None or (known is not None and known.ended == last.ended):
        return None
    return last


def happened(canvas: Canvas, departure: Departure) -> tuple[str, ...]:
    """Return what has just become of an attempt to send, in ever fewer words."""
    reports = amount(departure.reports, "report")
    return (
        f"{reports}: {label(departure)}, {ended(departure, canvas.now, canvas.zone)}",
        f"{reports}: {label(departure)}",
        label(departure),
    )


def in_full(canvas: Canvas, overview: Overview, departure: Departure) -> Iterator[str]:
    """Yield what became of a departure and, of the newest one, what comes after it, a sentence each."""
    yield sentence(became(departure, canvas.now, canvas.zone))
    if departure is next(iter(overview.departures), None):
        blocked = while_unusable(overview.unusable) if overview.unusable else obstacle(overview.consent)
        yield from afterwards(departure, _leavable(overview), next_by_itself(overview), blocked)


def _leavable(overview: Overview) -> tuple[QueuedReport, ...]:
    return tuple(report for report in overview.outbox if report.row_id not in overview.overdue)
