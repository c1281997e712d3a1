"""What the operator wants to know of a receiver: what is held, what was refused, and what needs a hand."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.programme import own_k
from shimmy_metrics.receiver.retain import LIVE_DAYS
from shimmy_metrics.receiver.retention_log import dropped_days, read_log
from shimmy_metrics.receiver.sqlite.counters import saved_counts
from shimmy_metrics.receiver.store import Store


class Status(NamedTuple):
    """`reports` by day of arrival, `broken` by rule; `disk_used` from 0 to 1; `troubles` a line each."""

    reports: dict[date, int]
    broken: dict[str, int]
    disk_used: float
    k: int
    ended: bool
    last_dropped: date | None
    troubles: list[str]


def status(store: Store, folder: Folder, today: date) -> Status:
    """Return the status of what lies in `folder`, whether or not a receiver runs there."""
    health = store.health()
    dropped = [day for day, _ in dropped_days(list(read_log(folder)))]
    troubles = [] if health.ready else [health.reason]
    # A day goes in the course of the day on which it is old enough.
    old = [day for day in health.reports if day + timedelta(days=LIVE_DAYS) < today]
    if old:
        troubles.append(f"{min(old)} should have been dropped; run shimmy-metrics receive retain")
    return Status(
        health.reports,
        saved_counts(folder),
        health.disk_used,
        own_k(folder),
        folder.ended.exists(),
        max(dropped, default=None),
        troubles,
    )


def as_json(told: Status) -> dict[str, Any]:
    """Return the status as JSON members."""
    return {
        "reports": {day.isoformat(): number for day, number in told.reports.items()},
        "broken_rules": told.broken,
        "disk_used": round(told.disk_used, 3),
        "k": told.k,
        "ended": told.ended,
        "last_dropped": told.last_dropped.isoformat() if told.last_dropped else None,
        "troubles": told.troubles,
    }


def lines(told: Status) -> list[str]:
    """Return the status as lines of text."""
    total = sum(told.reports.values())
    made = ["The programme has ended: no report is taken."] if told.ended else []
    made.append(f"Reports held: {total:,}; days on which they arrived: {len(told.reports)}.")
    made += [f"  {day}  {number:>12,}" for day, number in told.reports.items()]
    made.append(f"Groups are told apart from {told.k} reports on. The disk is {told.disk_used:.0%} full.")
    last = f"The last day that was dropped: {told.last_dropped}." if told.last_dropped else "No day was dropped yet."
    made.append(last)
    if told.broken:
        made.append("Refused, by rule:")
        made += [f"  {rule:<24}  {times:>10,}" for rule, times in told.broken.items()]
    return made + [f"Trouble: {trouble}." for trouble in told.troubles]
