"""Migrations: a store that an earlier version wrote becomes one of today's. Receipts stay whole, links as they were.

Version 1 wrote one link for a delivery, and sentences for notes and for why a report was set aside. Version 2 called a
row's number `id`, and a session's report `session_id`. Version 3 had no sums by day, version 4 no recalls. Version 5
wrote all that a running session counted into its row each second, as a program that was started before the update does.
"""

from typing import TYPE_CHECKING, Final

from shimmy_metrics.records import Cause, NoteKind, QueueState
from shimmy_metrics.store.tables import DAYS, KIND, LATEST, NOTE_TEXTS_1, TABLES, VERSION, run_script

if TYPE_CHECKING:
    from sqlite3 import Connection as Database

_FOLDED_1: Final = "older receipts: "
"""What stood in version 1's note of folded receipts, before their number."""


def migrate(db: "Database", version: int) -> None:
    """Migrate from `version` (1 to 5), within the caller's transaction."""
    if version == 1:
        _from_1(db)
    else:
        if version == 2:
            _from_2(db)
        if version < 4:
            run_script(db, DAYS)
        if version < 5:
            db.execute(f"ALTER TABLE departures ADD COLUMN {KIND}")
        run_script(db, LATEST)
    db.execute(f"PRAGMA user_version={VERSION}")


def _from_1(db: "Database") -> None:
    """Migrate from version 1; what it had in the outbox was sealed by older rules, and is set aside for that cause."""
    for name in ("sessions", "outbox"):
        db.execute(f"ALTER TABLE {name} RENAME TO {name}_1")
    run_script(db, TABLES)
    db.execute("INSERT INTO meta SELECT name, value FROM facts")
    db.execute(
        "INSERT INTO sessions SELECT id, session_id, consent, '', local OR ended IS NOT NULL, server, version, "
        "address, switch, client_hint, started, updated, ended, counters FROM sessions_1"
    )
    db.execute(
        "INSERT INTO outbox SELECT id, report_id, body, sha256, sealed, ?, measured, '', '', "
        "CASE wait WHEN 'set-aside' THEN ? ELSE ? END, CASE wait WHEN 'set-aside' THEN reason ELSE '' END "
        "FROM outbox_1",
        (QueueState.SET_ASIDE, Cause.REFUSED, Cause.OLDER_RULES),
    )
    _keep_status_of_refusals(db)
    _carry_receipts(db)
    for name in ("facts", "sessions_1", "outbox_1", "receipts"):
        db.execute(f"DROP TABLE {name}")


def _carry_receipts(db: "Database") -> None:
    kinds = {text: kind for kind, text in NOTE_TEXTS_1.items()}
    for place, at, endpoint, body, sha256, status, outcome, reports, note, link in db.execute(
        "SELECT id, at, endpoint, body, sha256, status, outcome, reports, note, link FROM receipts ORDER BY id"
    ).fetchall():
        if not note:
            db.execute(
                "INSERT INTO departures (form, begun, endpoint, sha256, length, reports, by_hand, begin_link, "
                "end_place, ended, outcome, status, taken, end_link, report_ids, body) "
                "VALUES (1, ?, ?, ?, ?, ?, 0, '', ?, ?, ?, ?, ?, ?, '[]', ?)",
                (at, endpoint, sha256, len(body), reports, place, at, outcome, status, reports, link, body),
            )
            continue
        kind, number = kinds.get(note), reports
        if kind is None:
            kind, number = NoteKind.FOLDED, int(note.removeprefix(_FOLDED_1))
        db.execute("INSERT INTO notes VALUES (?, 1, ?, ?, ?, 0, ?)", (place, at, kind, number, link))


def _from_2(db: "Database") -> None:
    for table in ("sessions", "outbox", "departures"):
        db.execute(f"ALTER TABLE {table} RENAME COLUMN id TO row_id")
    db.execute("ALTER TABLE sessions RENAME COLUMN session_id TO report_id")
    _keep_status_of_refusals(db)


def _keep_status_of_refusals(db: "Database") -> None:
    """Keep the status alone of version 1's sentences for a refusal, which version 2 took over as they were."""
    refusals = db.execute("SELECT row_id, detail FROM outbox WHERE cause = ?", (Cause.REFUSED,)).fetchall()
    for row_id, detail in refusals:
        last = str(detail).rpartition(" ")[2]
        db.execute("UPDATE outbox SET detail = ? WHERE row_id = ?", (last if last.isdecimal() else "", row_id))
