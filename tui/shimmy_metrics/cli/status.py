"""`status`, as lines for a person and as JSON for a program. Pure."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.actions.summary import Summary
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.departure_text import became, in_all, owed, receipts_kept, set_aside, waits_until
from shimmy_metrics.elsewhere_text import none_sends, other_receiver, switched_elsewhere
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.records import Departure
from shimmy_metrics.wording import (
    DISABLE,
    UNREAD,
    amount,
    by_way_of,
    duration,
    news_waiting,
    next_attempt,
    obstacle,
    state,
    unusable_state,
    while_unusable,
    without_store,
)

_MOMENT: Final = 32
"""Characters of the config's `last_updated` that are shown: more than any point in time takes."""


def as_json(summary: Summary) -> bytes:
    """Return one JSON object. The key `consent` holds the word; none of the three words stands anywhere else.

    It is null where the config cannot be used: then nothing is in force, whatever was decided.
    """
    consent = summary.consent
    decision = consent.decision
    told = {
        "consent": None if summary.unusable else decision.consent.value,
        "only_for_me": decision.local,
        "switch": consent.switch,
        "measures": consent.measures,
        "sends": consent.sends,
        "obstacle": consent.obstacle and consent.obstacle.value,
        "delivery": decision.delivery.value,
        "schema_version": decision.schema_version,
        "endpoint": None if summary.unusable else consent.endpoint,
        "proxy": summary.proxy or None,
        "agreed_endpoint": decision.endpoint if decision.consent is Consent.GRANTED else None,
        "last_updated": decision.changed or None,
        "running_sessions": len(summary.running),
        "reports_due": summary.due,
        "reports_held": len(summary.held),
        "reports_held_for_endpoint": summary.held_for_endpoint,
        "reports_overdue": summary.overdue,
        "held_until": summary.held[0].until.isoformat() if summary.held else None,
        "reports_set_aside": len(summary.set_aside),
        "set_aside_for": dict(Counter(report.cause.value for report in summary.set_aside)),
        "reports_sent": summary.taken,
        "receipts": summary.receipts,
        "sending": summary.sending,
        "last_attempt": summary.last and attempt(summary.last),
        "failures_in_a_row": summary.failures,
        "session_ends_passed_over": summary.attempt.passed_over,
        "sends_at_session_start": summary.attempt.at_start,
        "store_read_whole": not (summary.unread or summary.troubles),
        "troubles": list(summary.troubles),
        "config": str(summary.config_path),
        "store": str(summary.store_path),
    }
    return (json.dumps(told, indent=2) + "\n").encode()


def attempt(departure: Departure) -> dict[str, object]:
    """Return a departure for a program; `outcome` is null while it is under way."""
    return {
        "begun": departure.begun.isoformat(),
        "ended": departure.ended and departure.ended.isoformat(),
        "endpoint": departure.endpoint,
        "outcome": departure.outcome and departure.outcome.value,
        "status": departure.status or None,
        "failure": departure.failure.value or None,
        "reports": departure.reports,
        "taken": departure.taken,
        "bytes": departure.length,
        "sha256": departure.sha256,
        "by_hand": departure.by_hand,
        "attempts": departure.attempts,
    }


def as_lines(summary: Summary) -> Iterator[str]:
    """Yield what a person reads."""
    consent = summary.consent
    elsewhere = bool(summary.running)
    shown = state(consent, elsewhere=elsewhere)
    if summary.unusable:
        shown = unusable_state(summary.unusable, elsewhere=elsewhere)
    if summary.troubles and not summary.unusable:
        shown = without_store(shown)
    yield f"{shown.word[0].upper()}{shown.word[1:]}: {shown.note}."
    if summary.unusable:
        yield while_unusable(summary.unusable)
    if obstacle(consent):
        yield obstacle(consent)
    if consent.switch and summary.running:
        yield switched_elsewhere(consent.switch, [session.address for session in summary.running], DISABLE)
    other = other_receiver(consent, summary.running, summary.attempt)
    if other:
        yield other
    if consent.renews:
        yield news_waiting(summary.news)
    if consent.switch and consent.decision.consent is Consent.GRANTED:
        yield "Your yes stands; it counts where the switch is not set."
    yield ""
    changed = f", changed {consent.decision.changed[:_MOMENT]}" if consent.decision.changed else ""
    open_yet = " (no answer there yet)" if consent.decision.consent is Consent.UNDECIDED else ""
    open_yet = " (the yes there does not count)" if consent.distrust else open_yet
    yield f"  config    {summary.config_path}{'' if summary.unusable else open_yet or changed}"
    if not summary.unusable:
        yield f"  endpoint  {consent.endpoint}{by_way_of(summary.proxy)}"
    for session in summary.running:
        yield (
            f"  running   {duration(session.counters.uptime_s)}, {amount(session.counters.requests, 'request')}, "
            f"at {session.address}{', only for you' if session.local else ''}"
        )
    yield from _store(summary)
    yield from (f"  {line}" for line in owed(summary.purged, summary.now))
    if summary.unread:
        yield f"  {UNREAD}"


def _store(summary: Summary) -> Iterator[str]:
    """Yield what waits, what was sent, what became of the last attempt and when the next one is made."""
    if summary.troubles and not summary.unusable:
        return  # it could not be read, and that is said
    yield f"  waiting   {amount(len(summary.queued), 'report')}{_bytes(summary)}"
    stay = "" if summary.consent.sends else ", but nothing leaves from here"
    if summary.due:
        yield f"            {summary.due} due{stay}"
    if summary.held:
        earlier, other = summary.of_an_earlier_yes, summary.held_for_endpoint - summary.of_an_earlier_yes
        why = f", {earlier} of them of an earlier yes" if earlier else ""
        why += f", {other} of them for another receiver" if other else ""
        them = "it" if len(summary.held) == 1 else "them"
        yield f"            {len(summary.held)} held until you release {them}{why}{stay}"
        yield f"            of the first: {waits_until(summary.held[0], summary.now)}"
    if summary.overdue:
        have, leave, them = ("has", "leaves", "it") if summary.overdue == 1 else ("have", "leave", "them")
        yield (
            f"            {summary.overdue} {have} waited {OUTBOX_DAYS} days and {leave} no more: "
            f"the next session's end deletes {them}"
        )
    for cause, number in Counter(map(set_aside, summary.set_aside)).items():
        yield f"            {number} set aside: {cause}"
    kept = f"; {receipts_kept(summary.receipts)}" if summary.taken else ""
    yield f"  so far    {in_all(summary.taken, summary.departures)}{kept}"
    if summary.last is not None:
        yield f"  last      {became(summary.last, summary.now)}"
    if summary.sending:
        yield "  next      a sender is at work"
    elif summary.due and summary.consent.sends:
        when = next_attempt(summary.attempt, from_here=none_sends(summary.consent, summary.running))
        yield f"  next      sent {when}"


def _bytes(summary: Summary) -> str:
    return f", {sum(len(report.body) for report in summary.queued):,} bytes" if summary.queued else ""
