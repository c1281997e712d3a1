"""The person's own sums, one row a local day. They stay here: no report is built from them.

A session's row holds what the session counted on each of its last days; the rows here include exactly that, and what it
counted since then is added when they are read. Both are written in one transaction, so whatever is killed, nothing is
counted twice.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import chain

from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.limits import USAGE_DAYS
from shimmy_metrics.records import Day
from shimmy_metrics.store.columns import Row, integer, read_rows
from shimmy_metrics.store.database import Database


def add(db: Database, counted: Mapping[str, DaySums], before: Mapping[str, DaySums]) -> None:
    """Add what a session counted since its row held `before`, within the caller's transaction.

    The first figures of a day delete the days that are older than `USAGE_DAYS`.
    """
    for day, sums in counted.items():
        more = sums.since(before.get(day, DaySums()))
        if any(more):
            db.execute(
                "INSERT INTO days VALUES (?, ?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET "
                "requests = requests + excluded.requests, errors = errors + excluded.errors, "
                "tokens = tokens + excluded.tokens, tokens_in = tokens_in + excluded.tokens_in",
                (day, *more),
            )
        if day not in before:
            oldest = date.fromisoformat(day) - timedelta(days=USAGE_DAYS - 1)
            db.execute("DELETE FROM days WHERE day < ?", (oldest.isoformat(),))


def everything(db: Database) -> list[Day]:
    """Return every day on which something was counted, oldest first."""
    sums = dict(read_rows(db.execute("SELECT day, requests, errors, tokens, tokens_in FROM days"), _day))
    unsaved = read_rows(db.execute("SELECT counters, changes FROM sessions JOIN latest USING (row_id)"), _since_written)
    for day, more in chain.from_iterable(unsaved):
        sums[day] = sums.get(day, DaySums()).plus(more)
    return [Day(day, sums[day]) for day in sorted(sums)]


def remove_all(db: Database) -> None:
    """Delete the sums of every day."""
    db.execute("DELETE FROM days")


def _day(row: Row) -> Day:
    return Day(date.fromisoformat(str(row[0])), DaySums(*map(integer, row[1:])))


def _since_written(row: Row) -> list[Day]:
    """Return what a running session counted since its row was written."""
    counters, changes = (json.loads(str(column)) for column in row)
    written = Counters.from_json(counters)
    since = {day: sums.since(written.days.get(day, DaySums())) for day, sums in written.changed(changes).days.items()}
    return [Day(date.fromisoformat(day), more) for day, more in since.items() if any(more)]
