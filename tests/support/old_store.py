"""Stores as earlier versions wrote them.

Version 1: a write-ahead log, receipts with one link each, reports sealed by other rules. Version 2: what version 2 made
of such a store and then wrote itself, dumped (`store_2.sql`), and the export that it wrote of it (`store_2.json`).
Versions 3, 4 and 5: what each made of the one before.
"""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from shimmy_metrics.report.seal import digest
from shimmy_metrics.store.tables import DAYS, KIND
from support.queued import uuid
from support.samples import COUNTERS, NOW, sealed

_TABLES: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL UNIQUE, consent TEXT NOT NULL,
    local INTEGER NOT NULL, server TEXT NOT NULL, version TEXT NOT NULL, address TEXT NOT NULL, switch TEXT NOT NULL,
    client_hint TEXT NOT NULL, started TEXT NOT NULL, updated TEXT NOT NULL, ended TEXT, counters TEXT NOT NULL
);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, report_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, sha256 TEXT NOT NULL,
    sealed TEXT NOT NULL, wait TEXT NOT NULL, reason TEXT NOT NULL, measured TEXT NOT NULL
);
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, endpoint TEXT NOT NULL, body BLOB NOT NULL,
    sha256 TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT, reports INTEGER NOT NULL, note TEXT NOT NULL,
    link TEXT NOT NULL
);
"""

URL: Final = "https://metrics.shimmy-ai.dev/v1/usage"
AT: Final = NOW.isoformat()
RECEIPTS: Final[tuple[tuple[str, bytes, int, str | None, int, str], ...]] = (
    ("", b"", 0, None, 0, "older receipts: 12"),
    (URL, sealed(uuid(1)).body, 200, "confirmed", 1, ""),
    ("", b"", 0, None, 1, "deleted by you before it was sent"),
    (URL, b"[" + sealed(uuid(2)).body + b"," + sealed(uuid(3)).body + b"]", 202, "accepted", 2, ""),
    ("", b"", 0, None, 3, "dropped: too many, or too old"),
)
"""What the old store's receipts hold: endpoint, body, status, outcome, reports, note."""


EXPORT_2: Final = Path(__file__).with_name("store_2.json").read_bytes()
CONFIG_2: Final = json.dumps({"metrics": json.loads(EXPORT_2)["config"]["metrics"]})
"""The export that version 2 wrote of its store, and the config beside it."""


def write_store_2(path: Path) -> None:
    """Write the store of version 2."""
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(Path(__file__).with_name("store_2.sql").read_text())


_TO_3: Final = """
ALTER TABLE sessions RENAME COLUMN id TO row_id;
ALTER TABLE outbox RENAME COLUMN id TO row_id;
ALTER TABLE departures RENAME COLUMN id TO row_id;
ALTER TABLE sessions RENAME COLUMN session_id TO report_id;
UPDATE outbox SET detail = '400' WHERE detail = 'the receiver: 400';
PRAGMA user_version=3;
"""


def write_store_3(path: Path) -> None:
    """Write the store of version 3."""
    write_store_2(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_TO_3)


_TO_4: Final = f"{DAYS}PRAGMA user_version=4;"


def write_store_4(path: Path) -> None:
    """Write the store of version 4."""
    write_store_3(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_TO_4)


_TO_5: Final = f"ALTER TABLE departures ADD COLUMN {KIND}; PRAGMA user_version=5;"


def write_store_5(path: Path) -> None:
    """Write the store of version 5."""
    write_store_4(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_TO_5)


def write_old_store(path: Path) -> None:
    """Write the store, its pages moved from the log into the file."""
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.touch(0o600)
    with closing(fill_old_store(path)):
        pass


def fill_old_store(path: Path) -> sqlite3.Connection:
    """Write the store and give the connection, as an older program that still runs has it; its pages are in the log."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.executescript(_TABLES)
    db.execute("PRAGMA user_version=1")
    db.execute("INSERT INTO facts VALUES ('active-day', '2026-11-23')")
    for number, ended in ((1, AT), (2, None)):
        row = (uuid(100 + number), "grant", 0, "shimmy", "2.6.5", "http://127.0.0.1:11435", "", "", AT, AT, ended)
        names = "session_id, consent, local, server, version, address, switch, client_hint, started, updated, ended"
        values = (*row, json.dumps(COUNTERS.as_json()))
        db.execute(f"INSERT INTO sessions ({names}, counters) VALUES ({', '.join('?' * 12)})", values)
    for number, wait, reason in (
        (11, "due", ""),
        (12, "review", "held by you"),
        (13, "set-aside", "the receiver: 400"),
    ):
        made = sealed(uuid(number))
        report = (uuid(number), made.body, made.sha256, AT, wait, reason, "{}")
        names = "report_id, body, sha256, sealed, wait, reason, measured"
        db.execute(f"INSERT INTO outbox ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", report)
    link = "0" * 64
    for endpoint, body, status, outcome, reports, note in RECEIPTS:
        sha256 = digest(body) if body else ""
        content = [AT, endpoint, sha256, status, outcome, reports, note]
        if not note.startswith("older"):
            link = hashlib.sha256(json.dumps([link, *content]).encode()).hexdigest()
        names = "at, endpoint, body, sha256, status, outcome, reports, note, link"
        receipt = (AT, endpoint, body, sha256, status, outcome, reports, note, link)
        db.execute(f"INSERT INTO receipts ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", receipt)
    return db
