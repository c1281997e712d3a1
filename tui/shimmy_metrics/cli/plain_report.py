"""Everything that the app's screens show, as lines of text: no rules, no boxes, one fact a line. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.cli.consent_report import consent_lines
from shimmy_metrics.cli.field_report import field_lines, never_lines
from shimmy_metrics.cli.history_report import entry_lines, so_far
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording.consent import (
    ENABLE_LATER,
    UNREAD,
    WITHDRAW,
    new_fields_waiting,
    shown_state,
)
from shimmy_metrics.wording.departures import OVERDUE, set_aside, smaller_groups, waits_until
from shimmy_metrics.wording.numbers import amount, duration, when
from shimmy_metrics.wording.other_servers import none_sends
from shimmy_metrics.wording.receiver import YOUR_ADDRESS, by_way_of
from shimmy_metrics.wording.running import cut_off, last_saved
from shimmy_metrics.wording.schedule import HELD_UNTIL_RELEASED, sent_when
from shimmy_metrics.wording.unknown_tokens import tokens_unknown
from shimmy_metrics.wording.usage import usage_in_all

_ENTRIES: Final = 10
"""Only the newest are printed: a thousand would bury what follows, and `export` has them all."""


def plain_report(shown: Overview, now: datetime) -> Iterator[str]:
    """Yield what is on, measured, waiting and sent, which fields there are, and what can be done."""
    now_on = shown_state(shown.consent, shown.sessions, unusable=shown.unusable, store_unusable=shown.store_unusable)
    yield f"Shimmy metrics: {now_on.word}, {now_on.note}."
    if shown.trouble:
        yield shown.trouble
    yield from consent_lines(shown.consent, shown.sessions, shown.attempt, shown.unusable)
    if shown.news:
        yield new_fields_waiting(len(shown.news))
    if shown.unread:
        yield UNREAD
    if shown.store_read:
        yield from _measured(shown, now)
        yield from _waiting(shown, now)
    yield from _receiver(shown, leaving=shown.store_read)
    if shown.store_read:
        yield from _sent(shown, now)
    yield ""
    yield f"{len(FIELDS)} fields are everything that could ever be sent. None holds free text."
    for field in FIELDS:
        yield from field_lines(field)
    yield ""
    yield from never_lines()
    yield ""
    decision = shown.consent.decision
    yield ENABLE_LATER if decision.consent is Consent.DECLINED and not decision.local else WITHDRAW
    yield "Release one report: shimmy-metrics release ID. All that can be done: shimmy-metrics --help."


def _measured(shown: Overview, now: datetime) -> Iterator[str]:
    if not shown.running:
        yield "No measured server is running."
    if shown.cut_off:
        yield f"Cut off: {cut_off([each.session for each in shown.cut_off])}."
    for preview in shown.running:
        counters = preview.session.counters
        yield (
            f"Measured at {preview.session.address} for {duration(counters.uptime_s)}: "
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
        else:
            yield "  Its report, if the session ended now:"
        yield f"  {preview.report.body.decode()}"
    if shown.days:
        yield usage_in_all(shown.usage)


def _waiting(shown: Overview, now: datetime) -> Iterator[str]:
    for report in shown.outbox:
        yield from _queued(report, now, shown.consent)
    if shown.next_request is not None and len(shown.next_request.reports) > 1:
        request = shown.next_request
        held = request.reports[0].state.held
        named = "Released together" if held else "Together" if not shown.consent.sends else "In the next request"
        yield (
            f"{named} {len(request.reports)} of them are {len(request.body):,} bytes, sha256 {request.sha256}: "
            "shimmy config --metrics preview prints them."
        )
    if not shown.outbox:
        yield "No report is waiting."
        for preview in shown.cut_off:
            yield "  Of the session that was cut off, as its report would be now:"
            yield f"  {preview.report.body.decode()}"
        if not (shown.running or shown.cut_off):
            yield "  An example: this machine's facts, and a session in which nothing happened. It is not sent."
            yield f"  {shown.example.body.decode()}"
            yield f"  {len(shown.example.body):,} bytes, sha256 {shown.example.sha256}"


def _receiver(shown: Overview, *, leaving: bool) -> Iterator[str]:
    """Yield where reports go; `leaving`: and when."""
    if shown.consent.sends and leaving:
        yield f"Reports go to {shown.consent.endpoint}{by_way_of(shown.proxy)}. {YOUR_ADDRESS}"
        yield (
            HELD_UNTIL_RELEASED
            if shown.consent.holds
            else sent_when(shown.attempt, from_here=none_sends(shown.consent, shown.sessions))
        )
    elif not shown.unusable:
        yield f"A report would go to {shown.consent.endpoint}{by_way_of(shown.proxy)}. {YOUR_ADDRESS}"


def _queued(report: QueuedReport, now: datetime, consent: EffectiveConsent) -> Iterator[str]:
    stay = "" if consent.sends else ", but nothing is sent from here"
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
            waits = f"{which} is held until you release it{stay} ({waits_until(report, now)})"
        case QueueState.HELD_FOR_GROUPS:
            waits = f"is held until you release it{stay}, since {smaller_groups(report)} ({waits_until(report, now)})"
        case _:
            waits = f"is held until you release it{stay} ({waits_until(report, now)})"
    yield f"A report made {when(report.sealed, now)} {waits}, {len(report.body):,} bytes:"
    yield f"  {report.body.decode(errors='replace')}"
    yield f"  sha256 {report.sha256}"


def _sent(shown: Overview, now: datetime) -> Iterator[str]:
    yield so_far(shown.entries)
    for entry in shown.entries[:_ENTRIES]:
        yield from entry_lines(entry, now, shown.broken)
    if len(shown.entries) > _ENTRIES:
        yield f"  {len(shown.entries) - _ENTRIES:,} older ones: shimmy-metrics history"
