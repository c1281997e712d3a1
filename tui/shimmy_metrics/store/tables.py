"""The store's tables, and which version of them a file has. Nothing here opens a file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from shimmy_metrics.records import NoteKind

if TYPE_CHECKING:
    from sqlite3 import Connection as Database

VERSION: Final = 6
"""`PRAGMA user_version` of the tables below."""

DAYS: Final = """
CREATE TABLE days (
    day TEXT PRIMARY KEY,           -- a local day, 2026-11-28
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL
) WITHOUT ROWID;
"""
"""The person's own sums, new in version 4."""

KIND: Final = "kind INTEGER NOT NULL DEFAULT 1"
"""What a departure asks for, new in version 5: until then all sent reports."""

LATEST: Final = """
CREATE TABLE latest (
    row_id INTEGER PRIMARY KEY,     -- a running session's
    at TEXT NOT NULL,
    changes TEXT NOT NULL           -- what it counted since its row was last written
);
"""
"""What is written each second, small enough for one page; new in version 6.

It is the first table of a new store, so its page is in the same block of the disk as the file's first page, which every
transaction writes.
"""

TABLES: Final = f"""{LATEST}
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id TEXT NOT NULL UNIQUE,
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
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
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
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
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
    body BLOB,                      -- no part of the chain: its digest is
    {KIND}
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
{DAYS}"""

NOTE_TEXTS_1: Final[Mapping[NoteKind, str]] = MappingProxyType(
    {
        NoteKind.DROPPED: "dropped: too many, or too old",
        NoteKind.DELETED: "deleted by you before it was sent",
    }
)
"""What version 1 stored for a note, and covered by its link."""


def create(db: "Database") -> None:
    """Make the tables in an empty database, within the caller's transaction."""
    run_script(db, TABLES)
    db.execute(f"PRAGMA user_version={VERSION}")


def run_script(db: "Database", statements: str) -> None:
    """Run statements within the caller's transaction, which `executescript` would commit."""
    for statement in statements.split(";"):
        db.execute(statement)


def words() -> str:
    """Return the words that every store contains: SQLite's own, and the tables' names."""
    return f"SQLite format sqlite_sequence sqlite_autoindex rowid {TABLES} {' '.join(NOTE_TEXTS_1.values())}"
