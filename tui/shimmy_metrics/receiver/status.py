"""What the operator wants to know of a receiver: what is held, what was refused, and what needs a hand."""

from datetime import date, datetime
from typing import Any, NamedTuple

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.keys import lost_keys
from shimmy_metrics.receiver.programme import ENDED, operator_text, own_k
from shimmy_metrics.receiver.retain import overdue
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.sqlite.counters import saved_counts
from shimmy_metrics.receiver.store import Store
from shimmy_metrics.receiver.unlogged import unlogged


class Status(NamedTuple):
    """`reports` by day of arrival, None where they cannot be read; `broken` by rule; `disk_used` from 0 to 1.

    `last_dropped` is a day in its ISO form; `overdue` are days of arrival that should be gone. `troubles` are what
    needs the operator, a line each. `all_answer`: what does not answer holds reports that are in no figure here.
    """

    reports: dict[date, int | None]
    broken: dict[str, int]
    disk_used: float
    k: int
    ended: bool
    last_dropped: str | None
    overdue: list[date]
    troubles: list[str]
    all_answer: bool = True


def status(store: Store, folder: Folder, now: datetime) -> Status:
    """Return the status of what lies in `folder`, whether or not a receiver runs there. `now` is an aware time."""
    health = store.health()
    held = {day.isoformat() for day in health.reports}
    dropped = [each.day for each in dropped_days(folder)] + [day for day in unlogged(folder) if day not in held]
    troubles = [health.reason] if health.reason else []
    troubles += [str(error) for error in (*lost_keys(folder), *_operator_text_trouble(folder))]
    old = [day for day in health.reports if overdue(day, now)]
    if old:
        later = len(old) - 1
        more = f" and on {later} later day{'s' if later > 1 else ''}" if later else ""
        remedy = f"Run {folder.command('retain')}: it drops it, or says why not"
        troubles.append(f"what arrived on {min(old)}{more} should be gone. {remedy}")
    return Status(
        {day: None if day in health.unreadable else number for day, number in health.reports.items()},
        saved_counts(folder),
        health.disk_used,
        own_k(folder),
        folder.ended.exists(),
        max(dropped, default=None),
        old,
        troubles,
        not health.silent,
    )


def _operator_text_trouble(folder: Folder) -> list[UserError]:
    try:
        operator_text(folder)
    except UserError as error:
        return [error]
    return []


def as_json(told: Status) -> dict[str, Any]:
    """Return the status as JSON members."""
    return {
        "reports": {day.isoformat(): number for day, number in told.reports.items()},
        "broken_rules": told.broken,
        "disk_used": round(told.disk_used, 3),
        "k": told.k,
        "ended": told.ended,
        "retention_holds": False if told.overdue else told.all_answer or None,
        "last_dropped": told.last_dropped,
        "troubles": told.troubles,
    }


def lines(told: Status) -> list[str]:
    """Return the status as lines of text."""
    total = sum(number or 0 for number in told.reports.values())
    but = ", not counting what cannot be read" if None in told.reports.values() or not told.all_answer else ""
    made = [ENDED] if told.ended else []
    made.append(f"Reports held: {total:,}{but}; days of arrival held: {len(told.reports)}.")
    made += [
        f"  {day}  {'cannot be read' if number is None else f'{number:>12,}'}" for day, number in told.reports.items()
    ]
    made.append(f"Groups of fewer than {told.k} are not told apart. The disk is {told.disk_used:.0%} full.")
    last = f"The last day that was dropped: {told.last_dropped}." if told.last_dropped else "No day was dropped yet."
    made.append(last)
    if told.broken:
        made.append("Refused or failed, and how often:")
        width = max(map(len, told.broken))
        made += [f"  {rule:<{width}}  {times:>10,}" for rule, times in told.broken.items()]
    return made + [f"Needs you: {trouble}." for trouble in told.troubles]
