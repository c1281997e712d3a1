"""Everything that the app's screens show, as lines of text: no rules, no boxes, one fact a line. Pure."""

from collections.abc import Iterator
from datetime import datetime

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.cli.consent_report import consent_lines
from shimmy_metrics.cli.field_lines import field_lines, never_lines
from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording.consent import (
    ENABLE_LATER,
    UNREAD,
    WITHDRAW,
    new_fields_waiting,
    shown_state,
)
from shimmy_metrics.wording.other_servers import next_report
from shimmy_metrics.wording.receiver import YOUR_ADDRESS, by_way_of
from shimmy_metrics.wording.schedule import BEING_SENT, HELD_UNTIL_RELEASED, NO_ATTEMPT, sent_when


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
    if shown.unusable is not Unusable.CONFIG:  # then no answer can be recorded
        yield ENABLE_LATER if decision.consent is Consent.DECLINED and not decision.local else WITHDRAW
    yield "Release one report: shimmy-metrics release ID. All that can be done: shimmy-metrics --help."


def _measured(shown: Overview, now: datetime) -> Iterator[str]:
    if not shown.running:
        yield "No measured server is running."
    if shown.running or shown.cut_off or shown.days:
        from shimmy_metrics.cli.plain_kept import measured_lines

        yield from measured_lines(shown, now)


def _waiting(shown: Overview, now: datetime) -> Iterator[str]:
    if shown.outbox:
        from shimmy_metrics.cli.plain_kept import waiting_lines

        yield from waiting_lines(shown, now)
        return
    yield "No report is waiting."
    for preview in shown.cut_off:
        yield "  A session that was cut off, as a report of it would be now:"
        yield f"  {preview.report.body.decode()}"
    if not (shown.running or shown.cut_off):
        yield "  An example: this machine's facts, and a session in which nothing happened. It is not sent."
        yield f"  {shown.example.body.decode()}"
        yield f"  {len(shown.example.body):,} bytes, sha256 {shown.example.sha256}"


def _receiver(shown: Overview, *, leaving: bool) -> Iterator[str]:
    """Yield where reports go; `leaving`: and when."""
    if shown.consent.sends and leaving:
        yield f"Reports go to {shown.consent.endpoint}{by_way_of(shown.proxy)}. {YOUR_ADDRESS}"
        if shown.sending:
            yield BEING_SENT
        elif shown.consent.holds:
            yield HELD_UNTIL_RELEASED
        else:
            yield sent_when(shown.attempt, next_report(shown.consent, shown.sessions))
    elif not shown.unusable:
        yield f"From this shell a report would go to {shown.consent.endpoint}{by_way_of(shown.proxy)}. {YOUR_ADDRESS}"


def _sent(shown: Overview, now: datetime) -> Iterator[str]:
    if not shown.entries:
        yield f"So far {NO_ATTEMPT}."
        return
    from shimmy_metrics.cli.plain_kept import sent_lines

    yield from sent_lines(shown, now)
