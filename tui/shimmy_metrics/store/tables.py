"""The tables, which version of them a file has, and how version 1 becomes version 2. Nothing here opens a file."""

from typing import TYPE_CHECKING, Final

from shimmy_metrics.records import Cause, NoteKind, QueueState

if TYPE_CHECKING:
    from shimmy_metrics.store.database import Database

VERSION: Final = 2
"""`PRAGMA user_version` of the tables below."""

TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL UNIQUE,
    consent_id TEXT NOT NULL,       -- the decision that measures it, empty where it is only for the person
    endpoint TEXT NOT NULL,         -- the endpoint in force in its process
    local INTEGER NOT NULL,
    server TEXT NOT NULL,
    version TEXT NOT NULL,
    address TEXT NOT NULL,
    switch TEXT NOT NULL,
    client_hint TEXT NOT NULL,
    started TEXT NOT NULL,
    updated TEXT NOT NULL,
    ended TEXT,
    counters TEXT NOT NULL
);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    measured TEXT NOT NULL,
    consent_id TEXT NOT NULL,       -- the yes it was measured under
    endpoint TEXT NOT NULL,         -- the endpoint it was measured for
    cause TEXT NOT NULL,            -- why it was set aside
    detail TEXT NOT NULL
);
CREATE TABLE departures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    form INTEGER NOT NULL,          -- the version of this program that wrote its links
    begin_place INTEGER,            -- its first link's place in the chain (none in form 1, which wrote one link)
    begun TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    length INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    begin_link TEXT NOT NULL,
    end_place INTEGER,              -- its second link's place (none while it is under way)
    ended TEXT,
    outcome TEXT,
    status INTEGER NOT NULL DEFAULT 0,
    failure TEXT NOT NULL DEFAULT '',
    taken INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 1,
    since TEXT,
    end_link TEXT NOT NULL DEFAULT '',
    report_ids TEXT NOT NULL DEFAULT '[]',  -- no part of the chain: they go when nothing left
    body BLOB                       -- no part of the chain: its digest is
);
CREATE TABLE notes (
    place INTEGER PRIMARY KEY,
    form INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind INTEGER NOT NULL,
    number INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    link TEXT NOT NULL
);
"""

_NOTES_OF_VERSION_1: Final = {
    "dropped: too many, or too old": NoteKind.DROPPED,
    "deleted by you before it was sent": NoteKind.DELETED,
}
FOLDED_IN_VERSION_1: Final = "older receipts: "
TEXT_OF_VERSION_1: Final = {kind: text for text, kind in _NOTES_OF_VERSION_1.items()}
"""What version 1 hashed for a note."""


def create(db: "Database") -> None:
    """Make the tables in an empty database, within the caller's transaction."""
    _run(db, TABLES)
    db.execute(f"PRAGMA user_version={VERSION}")


def upgrade(db: "Database") -> None:
    """Carry version 1 over, within the caller's transaction: receipts whole, with the links they had.

    Reports that wait were sealed by that version's rules: they are set aside, with that reason.
    """
    for name in ("sessions", "outbox"):
        db.execute(f"ALTER TABLE {name} RENAME TO {name}_1")
    _run(db, TABLES)
    db.execute("INSERT INTO meta SELECT name, value FROM facts")
    db.execute(
        "INSERT INTO sessions SELECT id, session_id, consent, '', local OR ended IS NOT NULL, server, version, "
        "address, switch, client_hint, started, updated, ended, counters FROM sessions_1"
    )
    db.execute(
        "INSERT INTO outbox SELECT id, report_id, body, sha256, sealed, "
        "?, measured, '', '', "
        "CASE wait WHEN 'set-aside' THEN ? ELSE ? END, CASE wait WHEN 'set-aside' THEN reason ELSE '' END "
        "FROM outbox_1",
        (QueueState.SET_ASIDE, Cause.REFUSED, Cause.OLDER_RULES),
    )
    for place, at, endpoint, body, sha256, status, outcome, reports, note, link in db.execute(
        "SELECT id, at, endpoint, body, sha256, status, outcome, reports, note, link FROM receipts ORDER BY id"
    ).fetchall():
        if not note:
            db.execute(
                "INSERT INTO departures (form, begun, endpoint, sha256, length, reports, by_hand, begin_link, "
                "end_place, ended, outcome, status, taken, end_link, report_ids, body) "
                "VALUES (1, ?, ?, ?, ?, ?, 0, '', ?, ?, ?, ?, ?, ?, ?, ?)",
                (at, endpoint, sha256, len(body), reports, place, at, outcome, status, reports, link, "[]", body),
            )
            continue
        kind, number = _NOTES_OF_VERSION_1.get(note), reports
        if kind is None:
            kind, number = NoteKind.FOLDED, int(note.removeprefix(FOLDED_IN_VERSION_1))
        db.execute("INSERT INTO notes VALUES (?, 1, ?, ?, ?, 0, ?)", (place, at, kind, number, link))
    for name in ("facts", "sessions_1", "outbox_1", "receipts"):
        db.execute(f"DROP TABLE {name}")
    db.execute(f"PRAGMA user_version={VERSION}")


def words() -> str:
    """Return the words that every store contains: SQLite's own, and the tables' names."""
    return f"SQLite format sqlite_sequence sqlite_autoindex rowid {TABLES} {' '.join(TEXT_OF_VERSION_1.values())}"


def _run(db: "Database", statements: str) -> None:
    for statement in statements.split(";"):
        db.execute(statement)
