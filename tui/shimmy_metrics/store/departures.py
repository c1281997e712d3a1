"""Departures: each attempt to send, recorded before its first byte can leave and completed afterwards.

Only the process that holds the sender's lock begins and completes them.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from shimmy_metrics.records import Departure, DepartureKind, Failure, NoteKind, Outcome
from shimmy_metrics.store import chain
from shimmy_metrics.store.columns import Row, blob, integer, moment, moment_or_none, read_rows
from shimmy_metrics.store.database import Database

_COLUMNS: Final = (
    "row_id, begun, endpoint, sha256, length, reports, by_hand, ended, outcome, status, failure, taken, attempts, "
    "since, report_ids, body, coalesce(end_place, begin_place), kind"
)


def begin(db: Database, departure: Departure) -> int:
    """Record that a request is about to be sent, within the caller's transaction; return the departure's row id."""
    return chain.add_begin(
        db,
        begun=departure.begun.isoformat(),
        endpoint=departure.endpoint,
        sha256=departure.sha256,
        length=departure.length,
        reports=departure.reports,
        by_hand=departure.by_hand,
        kind=departure.kind,
    )


def record_report_ids(db: Database, row_id: int, report_ids: Iterable[str]) -> None:
    """Record which reports can leave from now on."""
    db.execute("UPDATE departures SET report_ids = ? WHERE row_id = ?", (json.dumps(list(report_ids)), row_id))


def complete(
    db: Database,
    row_id: int,
    *,
    ended: datetime,
    outcome: Outcome,
    status: int = 0,
    failure: Failure = Failure.NONE,
    taken: int = 0,
    body: bytes = b"",
) -> None:
    """Complete a departure, within the caller's transaction.

    `taken` counts the reports that the receiver took or deleted, `body` is kept for a receipt. Where nothing left, the
    row names no report, and it is merged with a like failure directly before it.
    """
    chain.add_end(
        db,
        row_id,
        ended=ended.isoformat(),
        outcome=outcome.value,
        status=status,
        failure=failure.value,
        taken=taken,
    )
    if outcome is Outcome.NOTHING_LEFT:
        db.execute("UPDATE departures SET report_ids = '[]' WHERE row_id = ?", (row_id,))
        chain.merge_like_failures(db, row_id)
    if outcome.taken:
        db.execute("UPDATE departures SET body = ? WHERE row_id = ?", (body, row_id))
    chain.fold(db)


def complete_abandoned(db: Database, now: datetime) -> None:
    """Complete, within the caller's transaction, the departures whose sender is gone.

    The caller holds the sender's lock, or knows that nobody does.
    """
    for departure in everything(db):
        if departure.ended is None:
            found = _abandoned(departure, now)
            assert found.outcome is not None
            complete(db, departure.row_id, ended=now, outcome=found.outcome, failure=found.failure)


def as_completed(departure: Departure, now: datetime, *, at_work: bool) -> Departure:
    """Return a departure to be shown: one whose sender is gone as `complete_abandoned` will complete it."""
    return departure if departure.ended is not None or at_work else _abandoned(departure, now)


def _abandoned(departure: Departure, now: datetime) -> Departure:
    outcome = Outcome.MAY_HAVE_LEFT if departure.report_ids else Outcome.NOTHING_LEFT
    return departure._replace(ended=now, outcome=outcome, failure=Failure.INTERRUPTED)


def everything(db: Database) -> list[Departure]:
    """Return all departures, newest first."""
    return _read(db.execute(f"SELECT {_COLUMNS} FROM departures ORDER BY row_id DESC"))


def under_way(db: Database) -> list[Departure]:
    """Return the departures without an outcome, newest first: a sender works on them, or left them open."""
    return _read(db.execute(f"SELECT {_COLUMNS} FROM departures WHERE ended IS NULL ORDER BY row_id DESC"))


def newest(db: Database, number: int) -> list[Departure]:
    """Return the newest departures, at most so many, newest first."""
    return _read(db.execute(f"SELECT {_COLUMNS} FROM departures ORDER BY row_id DESC LIMIT ?", (number,)))


def last(db: Database) -> Departure | None:
    """Return the newest departure, or None."""
    found = _read(db.execute(f"SELECT {_COLUMNS} FROM departures ORDER BY row_id DESC LIMIT 1"))
    return found[0] if found else None


def last_carrying(db: Database, report_ids: Iterable[str]) -> dict[str, Departure]:
    """Return, by report id, the newest departure that carried each of these reports, as far as bytes may have left."""
    wanted = set(report_ids)
    found: dict[str, Departure] = {}
    for departure in everything(db):
        if departure.kind is not DepartureKind.REPORTS:
            continue
        for report_id in wanted.intersection(departure.report_ids) - found.keys():
            found[report_id] = departure
    return found


def delete_receipts(db: Database, now: datetime, rows: Collection[int], keep: Iterable[str]) -> int:
    """Delete the bytes of these departures, within the caller's transaction; return how many of them had any.

    The rows stay: when, where to, the digest, the outcome. Of their report ids only those in `keep` stay, and those of
    receipts that are kept.
    """
    every = everything(db)
    deleted = [each.row_id for each in every if each.body and each.row_id in rows]
    for row_id in deleted:
        db.execute("UPDATE departures SET body = NULL WHERE row_id = ?", (row_id,))
    stay = (each for each in every if each.body and each.row_id not in rows)
    kept = {*keep, *(report_id for each in stay for report_id in each.report_ids)}
    number = len(deleted)
    for departure in (each for each in every if each.row_id in rows):
        record_report_ids(db, departure.row_id, [each for each in departure.report_ids if each in kept])
    if number:
        chain.add_note(db, at=now, kind=NoteKind.RECEIPTS_DELETED, number=number)
    return number


def _read(rows: Iterable[Row]) -> list[Departure]:
    return read_rows(rows, _departure)


def _departure(row: Row) -> Departure:
    (
        (row_id, begun, endpoint, sha256, length, reports, by_hand, ended, outcome, status),
        (failure, taken, attempts, since, report_ids, body, place, kind),
    ) = row[:10], row[10:]
    return Departure(
        row_id=integer(row_id),
        begun=moment(begun),
        endpoint=str(endpoint),
        sha256=str(sha256),
        length=integer(length),
        reports=integer(reports),
        by_hand=bool(by_hand),
        ended=moment_or_none(ended),
        outcome=Outcome(str(outcome)) if outcome else None,
        status=integer(status),
        failure=Failure(str(failure)),
        taken=integer(taken),
        attempts=integer(attempts),
        since=moment_or_none(since),
        report_ids=tuple(map(str, json.loads(str(report_ids)))),
        body=b"" if body is None else blob(body),
        place=integer(place),
        kind=DepartureKind(integer(kind)),
    )
