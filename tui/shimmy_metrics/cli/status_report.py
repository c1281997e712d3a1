"""`status`, as lines for a person and as JSON for a program. Pure."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.status import Status
from shimmy_metrics.cli.consent_report import consent_lines
from shimmy_metrics.cli.departure_json import departure_json
from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.entries import sender_late
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.wording.consent import (
    UNREAD,
    new_fields_waiting,
    shown_state,
)
from shimmy_metrics.wording.deletions import purged_without_consent
from shimmy_metrics.wording.departures import became, in_all, receipts_kept, set_aside, waits_until
from shimmy_metrics.wording.numbers import amount, duration
from shimmy_metrics.wording.other_servers import next_end
from shimmy_metrics.wording.receiver import by_way_of
from shimmy_metrics.wording.running import cut_off, last_saved, shown_address
from shimmy_metrics.wording.schedule import SENDER_LATE, ends_passed_over, next_attempt

_DIGITS: Final = 8
"""Of a digest, enough to tell a few reports apart."""

_MOMENT: Final = 32
"""Characters of the config's `last_updated` that are shown: more than any point in time takes."""


def as_json(status: Status) -> bytes:
    """Return one JSON object. The key `consent` holds the word; none of the three words stands anywhere else.

    It is null where the config cannot be used: then nothing is in force, whatever was decided. What nobody can read is
    null too; where the store cannot be used nothing is measured or sent.
    """
    consent = status.consent
    decision = consent.decision
    read = status.unusable is not Unusable.CONFIG
    fields = {
        "consent": None if status.unusable else decision.consent.value,
        "only_for_me": decision.local if read else None,
        "switch": consent.switch,
        "measures": consent.measures and not status.store_unusable,
        "sends": consent.sends and not status.store_unusable,
        "obstacle": consent.obstacle and consent.obstacle.value,
        "delivery": decision.delivery.value if read else None,
        "schema_version": decision.schema_version if read else None,
        "endpoint": None if status.unusable else consent.endpoint,
        "proxy": status.proxy or None,
        "agreed_endpoint": decision.endpoint if decision.consent is Consent.GRANTED else None,
        "last_updated": decision.changed or None,
        "published_from": consent.groups.named or None,
        "published_from_agreed": consent.groups.agreed or None,
        "running_sessions": len(status.running),
        "sessions_cut_off": len(status.cut_off),
        "reports_due": status.due,
        "reports_held": len(status.held),
        "reports_held_for_endpoint": status.held_for_endpoint,
        "reports_overdue": status.overdue,
        "held_until": status.held[0].until.isoformat() if status.held else None,
        "reports_set_aside": len(status.set_aside),
        "set_aside_for": dict(Counter(report.cause.value for report in status.set_aside)),
        "reports_sent": status.taken,
        "reports_recalled": status.recalled,
        "receipts": status.receipts,
        "sending": status.sending,
        "last_attempt": status.last and departure_json(status.last),
        "failures_in_a_row": status.failures,
        "session_ends_passed_over": status.attempt.ends_skipped,
        "sends_at_session_start": status.attempt.at_start,
        "store_read_whole": not (status.unread or status.store_unusable),
        "troubles": list(status.troubles),
        "config": status.config_path,
        "store": status.store_path,
    }
    return (json.dumps(fields, indent=2) + "\n").encode()


def as_lines(status: Status) -> Iterator[str]:
    """Yield what a person reads."""
    consent = status.consent
    shown = shown_state(consent, status.running, unusable=status.unusable, store_unusable=status.store_unusable)
    yield f"{shown.word[0].upper()}{shown.word[1:]}: {shown.note}."
    yield from consent_lines(consent, status.running, status.attempt, status.unusable)
    if consent.renews:
        yield new_fields_waiting(status.news)
    yield ""
    changed = f", changed {consent.decision.changed[:_MOMENT]}" if consent.decision.changed else ""
    open_yet = " (no answer there yet)" if consent.decision.consent is Consent.UNDECIDED else ""
    open_yet = " (the answer there does not count)" if consent.distrust else open_yet
    yield f"  config    {status.config_path}{'' if status.unusable else open_yet or changed}"
    if not status.unusable:
        yield f"  endpoint  {consent.endpoint}{by_way_of(status.proxy)}"
    for session in status.running:
        yield (
            f"  running   {duration(session.counters.uptime_s)}, {amount(session.counters.requests, 'request')}, "
            f"at {shown_address(session)}{', only for you' if session.local else ''}"
            f"{f', last saved {saved}' if (saved := last_saved(session, status.now)) else ''}"
        )
    if status.cut_off:
        yield f"  cut off   {cut_off(status.cut_off, consent)}"
    yield from _store(status)
    yield from (f"  {line}" for line in purged_without_consent(status.purged, status.now))
    if status.unread:
        yield f"  {UNREAD}"


def _store(status: Status) -> Iterator[str]:
    """Yield what waits, what was sent, what became of the last attempt and when the next one is made."""
    if status.store_unusable or status.unread:
        return  # it was not read, and that is said
    yield f"  waiting   {amount(len(status.queued), 'report')}{_bytes(status)}"
    stay = "" if status.consent.sends else ", but nothing is sent from here"
    if status.due:
        yield f"            {status.due} due{stay}"
    if status.held:
        earlier, other = status.of_an_earlier_yes, status.for_another_receiver
        why = f", {earlier} of them from an earlier yes" if earlier else ""
        why += f", {other} of them for another receiver" if other else ""
        them = "it" if len(status.held) == 1 else "them"
        until = "" if status.sending else f" until you release {them}"  # it may be what was released
        yield f"            {len(status.held)} held{until}{why}{stay}"
        yield f"            the first: {waits_until(status.held[0], status.now)}"
        ids = ", ".join(report.sha256[:_DIGITS] for report in status.held)
        act = "release" if status.consent.sends else "preview"
        yield f"            {ids}{'' if status.unusable else f' (shimmy-metrics {act} ID)'}"  # else neither can be run
    if status.overdue:
        have, are, they_are = ("has", "is", "it is") if status.overdue == 1 else ("have", "are", "they are")
        yield (
            f"            {status.overdue} {have} waited {OUTBOX_DAYS} days and {are} no longer sent: "
            f"{they_are} deleted when the next session ends"
        )
    for cause, number in Counter(map(set_aside, status.set_aside)).items():
        yield f"            {number} set aside: {cause}"
    kept = f"; {receipts_kept(status.receipts)}" if status.taken else ""
    yield f"  so far    {in_all(status.taken, status.departures)}{kept}"
    if status.last is not None:
        yield f"  last      {became(status.last, status.now)}"
    if status.sending:
        yield f"  next      {SENDER_LATE if sender_late(status.departures, status.now) else 'being sent now'}"
    elif status.due and status.consent.sends:
        when = next_attempt(status.attempt, next_end(status.consent, status.running))
        why = ends_passed_over(status.failures, status.attempt)
        yield f"  next      sent {when}{f': {why}' if why else ''}"


def _bytes(status: Status) -> str:
    number = len(status.queued)
    array = number + 1 if number > 1 else 0  # brackets and commas, so that it is the request's figure if all is in one
    return f", {sum(len(report.body) for report in status.queued) + array:,} bytes" if number else ""
