"""Retention: reports live for 8 days, 14 at the very most, and what went is proved to be gone.

A day is counted from its arrival. Before the first day of a closed week goes, the week's aggregates are kept; where
that cannot be done, its days wait for it until they are 14 days old, and go all the same then.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from shimmy_metrics.receiver.folder import Folder, write_private
from shimmy_metrics.receiver.programme import own_k
from shimmy_metrics.receiver.retention_log import Dropped, dropped_days, read_log, write_dropped
from shimmy_metrics.receiver.store import Store, StoreError
from shimmy_metrics.receiver.week import aggregate, monday_of, name_of
from shimmy_metrics.receiver.week_report import json_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LIVE_DAYS: Final = 8
HARD_DAYS: Final = 14


class Retained(NamedTuple):
    """What was done: the days that were dropped, and one line for each that could not be."""

    dropped: list[date]
    failed: list[str]


def retain(
    store: Store,
    folder: Folder,
    signing: "Ed25519PrivateKey",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Retained:
    """Drop what is old enough, verify that it is gone, and write it into the log."""
    today = now().date()
    done = Retained([], [])
    held = store.health().reports
    for day in sorted(held):
        age = (today - day).days
        if age < LIVE_DAYS:
            continue
        try:
            _keep_week(store, folder, day)
        except (StoreError, OSError) as error:
            done.failed.append(f"{name_of(monday_of(day))} could not be aggregated: {error}")
            if age < HARD_DAYS:
                continue
        try:
            canary = store.drop_day(day)
            write_dropped(folder, Dropped(day, held[day], now(), canary), signing)
        except (StoreError, OSError) as error:
            done.failed.append(f"{day} could not be dropped: {error}")
        else:
            done.dropped.append(day)
    return done


def verify(store: Store, folder: Folder, today: date) -> list[str]:
    """Return what does not hold, a line each: days that are too old, dropped days of which something stays, the log."""
    found = [
        f"{day} is still held, {(today - day).days} days after it arrived"
        for day in store.health().reports
        if (today - day).days > HARD_DAYS
    ]
    lines = list(read_log(folder))
    found += [f"retention.log, line {line.number}: its signature does not hold" for line in lines if not line.signed]
    for day, canary in dropped_days(lines):
        try:
            places = store.find_canary(canary)
            found += [f"{day} was dropped, and something of it is still in {place}" for place in places]
        except StoreError as error:
            found.append(f"{day} was dropped, and whether it is gone cannot be told: {error}")
    return found


def _keep_week(store: Store, folder: Folder, day: date) -> None:
    """Keep the aggregates of each week of which `day` may hold reports, where that was not done yet."""
    for monday in (monday_of(day) - timedelta(days=7), monday_of(day)):
        path = folder.weeks / f"{name_of(monday)}.json"
        if path.exists():
            continue
        week = aggregate(store.aggregate(monday), monday, own_k(folder))
        if week.reports:
            write_private(path, json_text(week).encode())
            with suppress(OSError):
                path.chmod(0o400)
