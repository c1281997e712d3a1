"""The outbox: sealed reports that no receiver has taken, bounded in number and age."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shimmy_metrics.limits import OUTBOX_DAYS, OUTBOX_REPORTS
from shimmy_metrics.records import Cause, QueuedReport, QueueState
from shimmy_metrics.store import sessions
from shimmy_metrics.store.columns import Row, blob, integer, moment, read_rows
from shimmy_metrics.store.database import Database

_ONE_DAY: Final = timedelta(days=1)
_COLUMNS: Final = "row_id, report_id, body, sha256, sealed, state, measured, consent_id, endpoint, cause, detail"


def add(db: Database, report: QueuedReport) -> None:
    """Add a sealed report; one that is there already (after a crash between two steps) stays as it is."""
    names = _COLUMNS.removeprefix("row_id, ")
    db.execute(
        f"INSERT OR IGNORE INTO outbox ({names}) VALUES ({', '.join('?' * 10)})",
        (
            report.report_id,
            report.body,
            report.sha256,
            report.sealed.isoformat(),
            report.state,
            json.dumps(dict(report.measured)),
            report.consent_id,
            report.endpoint,
            report.cause,
            report.detail,
        ),
    )


def everything(db: Database) -> list[QueuedReport]:
    """Return all queued reports, oldest first, including those set aside."""
    return _read(db.execute(f"SELECT {_COLUMNS} FROM outbox ORDER BY row_id"))


def due(db: Database) -> list[QueuedReport]:
    """Return the reports that the next sender sends, oldest first."""
    return [report for report in everything(db) if report.state is QueueState.DUE]


def get(db: Database, row_id: int) -> QueuedReport | None:
    """Return one report, or None where it is gone."""
    found = _read(db.execute(f"SELECT {_COLUMNS} FROM outbox WHERE row_id = ?", (row_id,)))
    return found[0] if found else None


def set_state(db: Database, row_id: int, state: QueueState, cause: Cause = Cause.NONE, detail: str = "") -> None:
    """Set a report's state, and the cause where it is set aside."""
    db.execute("UPDATE outbox SET state = ?, cause = ?, detail = ? WHERE row_id = ?", (state, cause, detail, row_id))


def move_all(db: Database, before: QueueState, after: QueueState) -> None:
    """Move every report from one state to another."""
    db.execute("UPDATE outbox SET state = ? WHERE state = ?", (after, before))


def hold_others(db: Database, consent_id: str, endpoint: str) -> None:
    """Hold the reports that were sealed under another decision or for another endpoint.

    Those that were held by hand are among them: they too are said to be for another receiver.
    """
    db.execute(
        "UPDATE outbox SET state = ? WHERE state IN (?, ?, ?, ?) AND (consent_id != ? OR endpoint != ?)",
        (
            QueueState.HELD_FOR_ENDPOINT,
            *(QueueState.DUE, QueueState.HELD_BY_HAND, QueueState.HELD_BY_MODE, QueueState.HELD_FOR_GROUPS),
            consent_id,
            endpoint,
        ),
    )


def remove(db: Database, row_id: int) -> bool:
    """Delete one report with its session's figures; return whether it was there."""
    removed = db.execute("DELETE FROM outbox WHERE row_id = ?", (row_id,)).rowcount == 1
    sessions.remove_reported(db)
    return removed


def remove_all(db: Database) -> int:
    """Delete all reports, also those set aside, with their sessions' figures; return how many."""
    number = db.execute("DELETE FROM outbox").rowcount
    sessions.remove_reported(db)
    return number


def redate(db: Database, now: datetime) -> None:
    """Date reports from the future as sealed now: they were sealed by a wrong clock, and would never expire."""
    db.execute("UPDATE outbox SET sealed = ? WHERE sealed > ?", (now.isoformat(), (now + _ONE_DAY).isoformat()))


def expire(db: Database, now: datetime) -> int:
    """Delete reports older than `OUTBOX_DAYS`, and the oldest beyond `OUTBOX_REPORTS`; return how many."""
    redate(db, now)
    old = db.execute("DELETE FROM outbox WHERE sealed < ?", ((now - timedelta(days=OUTBOX_DAYS)).isoformat(),)).rowcount
    newest = "SELECT row_id FROM outbox ORDER BY row_id DESC LIMIT ?"
    over = db.execute(f"DELETE FROM outbox WHERE row_id NOT IN ({newest})", (OUTBOX_REPORTS,)).rowcount
    sessions.remove_reported(db)
    return old + over


def _read(rows: Iterable[Row]) -> list[QueuedReport]:
    return read_rows(rows, _report)


def _report(row: Row) -> QueuedReport:
    row_id, report_id, body, sha256, sealed, state, measured, consent_id, endpoint, cause, detail = row
    return QueuedReport(
        row_id=integer(row_id),
        report_id=str(report_id),
        body=blob(body),
        sha256=str(sha256),
        sealed=moment(sealed),
        state=QueueState(str(state)),
        measured=json.loads(str(measured)),
        consent_id=str(consent_id),
        endpoint=str(endpoint),
        cause=Cause(str(cause)),
        detail=str(detail),
    )
