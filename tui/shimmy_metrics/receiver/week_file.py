"""A closed week's aggregate is written once, before the first of its days is dropped; then it is what is printed."""

import json
from datetime import date, timedelta
from pathlib import Path

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import Folder, write_private
from shimmy_metrics.receiver.programme import k_between
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.store import Store
from shimmy_metrics.receiver.week import Week, aggregated, as_json, closes, from_json, week_name, week_named, week_of


def read_week(store: Store, folder: Folder, monday: date) -> Week:
    """Return the week as it was kept; where it was not yet, of the reports that are held.

    Raise as `kept_week` does, and `UserError` where reports of it were dropped before it was kept.
    """
    kept = kept_week(folder, monday)
    gone = "" if kept else _gone(folder, monday)
    if gone:
        what = f"nothing is kept of this week, and what arrived on {gone} was dropped"
        raise UserError(what, where=week_name(monday), remedy="Name another with --week")
    return kept or _counted(store, folder, monday)


def newest_week(store: Store, folder: Folder, today: date) -> date:
    """Return the Monday of the newest week that is over and of which something is held or kept, else of this week."""
    this = week_of(today)
    held = [week_of(day) for day in store.health().reports]
    kept = [week_named(path.stem) for path in folder.weeks.glob("????-W??.json")]
    return max((monday for monday in (*held, *kept) if monday < this), default=this)


def keep_week(store: Store, folder: Folder, monday: date) -> None:
    """Keep the week, unless that was done before, a part of it was dropped or nothing arrived for it.

    Raise `StoreError` or `OSError`.
    """
    if _path(folder, monday).exists() or _gone(folder, monday):
        return
    week = _counted(store, folder, monday)
    if week.received or week.flagged:
        write_private(_path(folder, monday), json.dumps(as_json(week), indent=1).encode())


def kept_week(folder: Folder, monday: date) -> Week | None:
    """Return the week as it was kept, or None. Raise `UserError` where it cannot be read."""
    path = _path(folder, monday)
    if not path.exists():
        return None
    try:
        return from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError("this week cannot be read", where=str(path), remedy="Put it back from a copy") from None


def _gone(folder: Folder, monday: date) -> str:
    """Return a day of the week on which reports arrived that were dropped; empty where none was."""
    week = {(monday + timedelta(days=each)).isoformat() for each in range(7)}
    return next((each.day for each in dropped_days(folder) if each.reports and each.day in week), "")


def _counted(store: Store, folder: Folder, monday: date) -> Week:
    held = store.health().reports
    received = sum(held.get(monday + timedelta(days=each), 0) for each in range(7))
    # A report may arrive a day before the week that it is dated in.
    k = k_between(folder, monday - timedelta(days=1), closes(monday))
    return aggregated(monday, store.aggregate(monday), received, k)


def _path(folder: Folder, monday: date) -> Path:
    return folder.weeks / f"{week_name(monday)}.json"
