"""What is kept here, as lines of text: sessions, the person's own figures, waiting reports, what was sent. Pure.

Apart from `plain_report`, since it takes the words for every state of a report: where nothing is kept none is loaded.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.cli.history_report import entry_lines, so_far
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.wording.departures import OVERDUE, set_aside, smaller_groups, waits_until
from shimmy_metrics.wording.numbers import amount, duration, when
from shimmy_metrics.wording.running import AS_SAVED, cut_off, last_saved, shown_address
from shimmy_metrics.wording.unknown_tokens import tokens_unknown
from shimmy_metrics.wording.usage import usage_in_all

_ENTRIES: Final = 10
"""Only the newest are printed: a thousand would bury what follows, and `export` has them all."""


def measured_lines(shown: Overview, now: datetime) -> Iterator[str]:
    """Yield which sessions were cut off or run, and what the person's own figures come to."""
    if shown.cut_off:
        yield f"Cut off: {cut_off([each.session for each in shown.cut_off], shown.consent)}."
    for preview in shown.running:
        counters = preview.session.counters
        yield (
            f"Measured at {shown_address(preview.session)} for {duration(counters.uptime_s)}: "
            f"{amount(counters.requests, 'request')}, {amount(counters.errors, 'error')}, "
            f"{amount(counters.tokens, 'token')}."
        )
        saved = last_saved(preview.session, now)
        if saved:
            yield f"  Last saved {saved}; nothing newer is known."
        if counters.unread:
            yield f"  {tokens_unknown(counters.unread)}"
        if preview.session.local:
            yield "  For you alone: no report is made of it. As a report it would be:"
        else:  # without a usable receiver this shell does not know whether one is made of it
            yield f"  As a report, {AS_SAVED}:"
        yield f"  {preview.report.body.decode()}"
    if shown.days:
        yield usage_in_all(shown.usage)


def waiting_lines(shown: Overview, now: datetime) -> Iterator[str]:
    """Yield the waiting reports, and what they are together."""
    for report in shown.outbox:
        yield from _queued(report, now, shown.consent, sending=shown.sending)
    if shown.next_request is not None and len(shown.next_request.reports) > 1:
        request = shown.next_request
        printed = "" if shown.unusable else ": shimmy config --metrics preview prints them"
        size = f"{len(request.body):,} bytes"
        yield f"Together {len(request.reports)} of them are {size}, sha256 {request.sha256}{printed}."


def _queued(report: QueuedReport, now: datetime, consent: EffectiveConsent, *, sending: bool) -> Iterator[str]:
    stay = "" if consent.sends else ", but nothing is sent from here"
    held = "is waiting" if sending else "is held until you release it"  # it may be what was released
    match report.state:
        case state if state is not QueueState.SET_ASIDE and report.overdue(now):
            waits = f"stays ({OVERDUE})"
        case QueueState.DUE:
            waits = f"is due{stay}"
        case QueueState.SET_ASIDE:
            waits = f"was set aside ({set_aside(report)})"
        case QueueState.HELD_FOR_ENDPOINT:
            which = (
                "for another receiver" if report.consent_id == consent.decision.consent_id else "from an earlier yes"
            )
            waits = f"{which} {held}{stay} ({waits_until(report, now)})"
        case QueueState.HELD_FOR_GROUPS:
            waits = f"{held}{stay}, since {smaller_groups(report)} ({waits_until(report, now)})"
        case _:
            waits = f"{held}{stay} ({waits_until(report, now)})"
    yield f"A report made {when(report.sealed, now)} {waits}, {len(report.body):,} bytes:"
    yield f"  {report.body.decode(errors='replace')}"
    yield f"  sha256 {report.sha256}"


def sent_lines(shown: Overview, now: datetime) -> Iterator[str]:
    """Yield what was sent in all, and the newest entries of the history."""
    yield so_far(shown.entries)
    for entry in shown.entries[:_ENTRIES]:
        yield from entry_lines(entry, now, shown.broken)
    if len(shown.entries) > _ENTRIES:
        yield f"  {len(shown.entries) - _ENTRIES:,} older ones: shimmy-metrics history"
