"""Sealed reports that were not delivered, bounded in number and age."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shimmy_metrics.limits import OUTBOX_DAYS, OUTBOX_REPORTS
from shimmy_metrics.records import Pending, Wait
from shimmy_metrics.store.database import Database, Row, read_rows

_COLUMNS: Final = "id, report_id, body, sha256, sealed, wait, reason, measured"


def add(db: Database, report: Pending) -> None:
    """Add a sealed report; one that is there already (a crash between two steps) stays as it is."""
    db.execute(
        "INSERT OR IGNORE INTO outbox (report_id, body, sha256, sealed, wait, reason, measured) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            report.report_id,
            report.body,
            report.sha256,
            report.sealed.isoformat(),
            report.wait,
            report.reason,
            json.dumps(dict(report.measured)),
        ),
    )


def everything(db: Database) -> list[Pending]:
    """Return all reports that wait, oldest first, those set aside among them."""
    return _read(db.execute(f"SELECT {_COLUMNS} FROM outbox ORDER BY id"))  # noqa: S608 - the column names above


def due(db: Database) -> list[Pending]:
    """Return the reports that leave with the next sender, oldest first."""
    return [report for report in everything(db) if report.wait is Wait.DUE]


def get(db: Database, report: int) -> Pending | None:
    """Return one report, or None where it is gone."""
    found = _read(db.execute(f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", (report,)))  # noqa: S608
    return found[0] if found else None


def mark(db: Database, report: int, wait: Wait, reason: str = "") -> None:
    """Say where a report stands now."""
    db.execute("UPDATE outbox SET wait = ?, reason = ? WHERE id = ?", (wait, reason, report))


def mark_all(db: Database, before: Wait, after: Wait) -> int:
    """Move every report from one standing to another, but those that stand there for a reason of their own.

    Return how many moved.
    """
    return db.execute("UPDATE outbox SET wait = ? WHERE wait = ? AND reason = ''", (after, before)).rowcount


def remove(db: Database, report: int) -> bool:
    """Delete one report; return False where it was gone."""
    return db.execute("DELETE FROM outbox WHERE id = ?", (report,)).rowcount == 1


def remove_all(db: Database) -> int:
    """Delete every report, those set aside too; return how many there were."""
    return db.execute("DELETE FROM outbox").rowcount


def expire(db: Database, now: datetime) -> int:
    """Delete reports older than `OUTBOX_DAYS`, and the oldest beyond `OUTBOX_REPORTS`; return how many."""
    old = db.execute("DELETE FROM outbox WHERE sealed < ?", ((now - timedelta(days=OUTBOX_DAYS)).isoformat(),)).rowcount
    newest = "SELECT id FROM outbox ORDER BY id DESC LIMIT ?"
    over = db.execute(f"DELETE FROM outbox WHERE id NOT IN ({newest})", (OUTBOX_REPORTS,)).rowcount  # noqa: S608
    return old + over


def _read(rows: Iterable[Row]) -> list[Pending]:
    return read_rows(rows, _pending)


def _pending(row: Row) -> Pending:
    number, report_id, body, sha256, sealed, wait, reason, measured = row
    assert isinstance(number, int)
    assert isinstance(body, bytes)
    return Pending(
        id=number,
        report_id=str(report_id),
        body=body,
        sha256=str(sha256),
        sealed=datetime.fromisoformat(str(sealed)),
        wait=Wait(str(wait)),
        measured=json.loads(str(measured)),
        reason=str(reason),
    )
