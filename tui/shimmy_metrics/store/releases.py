"""Reports that a person released by hand: a sender of their own sends them, all other senders skip them.

A release does not change a report's state: what the receiver does not take stays queued as before.
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.limits import RELEASE_SECONDS
from shimmy_metrics.store.columns import Row, read_rows
from shimmy_metrics.store.database import Database, get_meta, set_meta

RELEASED: Final = "released"
"""Name in the store's `meta`: the releases that no sender has taken yet."""


class _Release(NamedTuple):
    report: int
    at: datetime
    consent_id: str


def release(db: Database, reports: Collection[int], consent_id: str, now: datetime) -> None:
    """Release reports (by row id) under the decision in force, within the caller's transaction."""
    _write(db, [*_open(db, now), *(_Release(report, now, consent_id) for report in reports)])


def take(db: Database, reports: Collection[int], consent_id: str, now: datetime) -> list[int]:
    """Take, within the caller's transaction, those of these reports that are released under this decision.

    Return their row ids, oldest first. Each release is taken once.
    """
    found = _open(db, now)
    _write(db, [each for each in found if each.report not in reports])
    return sorted({each.report for each in found if each.report in reports and each.consent_id == consent_id})


def take_back(db: Database, report: int, now: datetime) -> None:
    """Cancel a release that no sender has taken yet, within the caller's transaction."""
    _write(db, [each for each in _open(db, now) if each.report != report])


def released(db: Database, now: datetime) -> frozenset[int]:
    """Return the row ids of the reports that are released and not taken yet."""
    return frozenset(each.report for each in _open(db, now))


def _open(db: Database, now: datetime) -> list[_Release]:
    (found,) = read_rows([(get_meta(db, RELEASED) or "[]",)], _read)
    return [each for each in found if abs((now - each.at).total_seconds()) <= RELEASE_SECONDS]


def _read(row: Row) -> list[_Release]:
    (text,) = row
    found = json.loads(str(text))
    return [_Release(int(report), datetime.fromisoformat(at), str(consent_id)) for report, at, consent_id in found]


def _write(db: Database, found: Collection[_Release]) -> None:
    set_meta(db, RELEASED, json.dumps([(each.report, each.at.isoformat(), each.consent_id) for each in found]))
