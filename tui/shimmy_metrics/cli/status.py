"""`status`, as lines for a person and as JSON for a program. Pure."""

import json
from collections.abc import Iterator

from shimmy_metrics.actions.summary import Summary
from shimmy_metrics.consent import Consent
from shimmy_metrics.wording import UNREAD, amount, by_way_of, deleted, duration, news_waiting, obstacle, state


def as_json(summary: Summary) -> bytes:
    """Return one JSON object. The key `consent` holds the word; none of the three words stands anywhere else."""
    standing = summary.standing
    decision = standing.decision
    told = {
        "consent": decision.consent.value,
        "only_for_me": decision.local,
        "switch": standing.switch,
        "measures": standing.measures,
        "sends": standing.sends,
        "obstacle": standing.obstacle and standing.obstacle.value,
        "delivery": decision.delivery.value,
        "schema_version": decision.schema_version,
        "endpoint": standing.endpoint,
        "proxy": summary.proxy or None,
        "agreed_endpoint": decision.endpoint if decision.consent is Consent.GRANTED else None,
        "last_updated": decision.changed or None,
        "running_sessions": len(summary.running),
        "reports_due": summary.due,
        "reports_held": summary.review,
        "reports_set_aside": summary.set_aside,
        "receipts": summary.deliveries,
        "store_read_whole": not summary.unread,
        "config": str(summary.config_path),
        "store": str(summary.store_path),
    }
    return (json.dumps(told, indent=2) + "\n").encode()


def as_lines(summary: Summary) -> Iterator[str]:
    """Yield what a person reads."""
    standing = summary.standing
    shown = state(standing)
    yield f"{shown.word[0].upper()}{shown.word[1:]}: {shown.note}."
    if obstacle(standing):
        yield obstacle(standing)
    if standing.renews:
        yield news_waiting(summary.news)
    if standing.switch and standing.decision.consent is Consent.GRANTED:
        yield "Your yes stands; it counts again when the switch is gone."
    yield ""
    changed = f", changed {standing.decision.changed}" if standing.decision.changed else ""
    open_yet = " (no answer there yet)" if standing.decision.consent is Consent.UNDECIDED else ""
    yield f"  config    {summary.config_path}{open_yet or changed}"
    yield f"  endpoint  {standing.endpoint}{by_way_of(summary.proxy)}"
    for session in summary.running:
        yield (
            f"  running   {duration(session.counters.uptime_s)}, {amount(session.counters.requests, 'request')}, "
            f"at {session.address}{', only for you' if session.local else ''}"
        )
        if session.switch:
            yield f"            switched off there by {session.switch}"
    waiting = summary.due + summary.review + summary.set_aside
    held = f", {summary.review} held for review" if summary.review else ""
    aside = f", {summary.set_aside} set aside" if summary.set_aside else ""
    yield f"  waiting   {amount(waiting, 'report')}, {summary.waiting_bytes:,} bytes{held}{aside}"
    yield f"  sent      {amount(summary.deliveries, 'delivery', 'deliveries')}, each with its receipt"
    lost = deleted(
        reports=summary.deleted.reports, sessions=summary.deleted.sessions, requests=summary.deleted.requests
    )
    if lost:
        yield f"  deleted   {lost}, just now: no consent"
    if summary.unread:
        yield f"  {UNREAD}"
