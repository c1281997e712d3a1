"""The SQLite file itself: where it may lie, how it is opened, which version it is.

WAL, private (0600), `secure_delete` on every connection. A deletion ends with `forget`, which truncates the log of old
pages. A file from a newer program, a damaged one, a directory of somebody else or on a network filesystem is left
alone and said in one line (DESIGN, "The store").
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from shimmy_metrics.errors import TroubleError
from shimmy_metrics.store.place import check_place
from shimmy_metrics.system.files import PRIVATE_FILE, make_private_dir
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    import sqlite3

    Database = sqlite3.Connection
else:
    Database = object  # SQLite is loaded with the first store that is opened: where metrics are off there may be none
"""An open store. Other rooms hold it and pass it back; only this room speaks SQL to it."""

Row = tuple[object, ...]
Held = TypeVar("Held")

VERSION: Final = 1
"""`PRAGMA user_version` of the tables below."""

BUSY_SECONDS: Final = 2.0

_AWAY: Final = "Move it away; a new one is made"

_TABLES: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL UNIQUE,
    consent TEXT NOT NULL,      -- the grant that measures it, empty where it is only for the person
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
    wait TEXT NOT NULL,
    reason TEXT NOT NULL,
    measured TEXT NOT NULL
);
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    body BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    status INTEGER NOT NULL,
    outcome TEXT,
    reports INTEGER NOT NULL,
    note TEXT NOT NULL,
    link TEXT NOT NULL
);
"""


def store_path(profile: Profile) -> Path:
    """Return where the store lies, whether it exists or not."""
    return profile.state_dir / "metrics.db"


def layout() -> str:
    """Return the words that every store contains: SQLite's own, and the tables' names."""
    return f"SQLite format sqlite_sequence sqlite_autoindex rowid {_TABLES}"


@contextlib.contextmanager
def opened(profile: Profile) -> Iterator[Database]:
    """Open the store for writing, making it where it is missing; close it afterwards.

    Raises `TroubleError` for a store that cannot be used, and for any failure of SQLite within the block.
    """
    path = store_path(profile)
    check_place(profile.state_dir)
    with troubles(path):
        db = _open_for_writing(path)
        try:
            yield db
        finally:
            db.close()


def connect(profile: Profile) -> Database:
    """Open the store for writing and leave closing it to the caller (a session keeps it). Raises `TroubleError`."""
    path = store_path(profile)
    check_place(profile.state_dir)
    with troubles(path):
        return _open_for_writing(path)


@contextlib.contextmanager
def looked_at(profile: Profile, *, off: bool = False) -> Iterator[Database | None]:
    """Open the store for reading, or give None where there is none.

    With `off` nothing is written beside it: it is opened as immutable, so pages that still stand in a `-wal` file are
    not seen (`unread_log` says whether there are any). Without, the place has to be one where a store may lie. Raises
    `TroubleError` for a store that cannot be used.
    """
    path = store_path(profile)
    if not off or os.path.lexists(path):
        check_place(profile.state_dir)
    with _refusals(path):
        there = _is_there(path)
    if not there:
        yield None
        return
    import sqlite3

    with troubles(path):
        uri = f"{path.absolute().as_uri()}?{'immutable=1' if off else 'mode=ro'}"
        db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("PRAGMA query_only=1")
            found = _version(db, path)
            yield db if found else None
        finally:
            db.close()


def unread_log(profile: Profile) -> bool:
    """Whether a look at a store that is off would miss pages: a `-wal` file with something in it stands beside it."""
    log = Path(f"{store_path(profile)}-wal")
    with contextlib.suppress(OSError):
        return log.stat().st_size > 0
    return False


@contextlib.contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Run a block as one transaction: all of it is in the file afterwards, durably, or nothing is."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def forget(db: Database) -> bool:
    """Drop old pages from the log, so that deleted bytes are in no file; return whether that was possible.

    A reader of another process can hold the log for a moment; it is tried for `BUSY_SECONDS`.
    """
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def fact(db: Database, name: str) -> str:
    """Return a remembered word by its name, empty where there is none."""
    row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return row[0] if row else ""


def remember(db: Database, name: str, value: str) -> None:
    """Remember a word by its name."""
    db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def read_rows(rows: Iterable[Row], read: Callable[[Row], Held]) -> list[Held]:
    """Return each row as the value that `read` makes of it.

    Raises `sqlite3.DatabaseError` for a row that is none of ours: SQLite does not see damage within a value.
    """
    try:
        return [read(row) for row in rows]
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        import sqlite3

        raise sqlite3.DatabaseError("a malformed row") from error


@contextlib.contextmanager
def troubles(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors within the block into one clear line."""
    import sqlite3

    try:
        with _refusals(path):
            yield
    except sqlite3.Error as error:
        raise _trouble(path, str(error).lower()) from error
    except UnicodeDecodeError as error:  # SQLite's own message, quoting what it found where a name should stand
        raise _trouble(path, "malformed") from error


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn the system's errors within the block into one clear line."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise TroubleError(
            f"cannot be used: {reason}", where=str(path), remedy="Metrics are off until it can"
        ) from error


def _trouble(path: Path, reason: str) -> TroubleError:
    known = {
        "not a database": ("is no database", _AWAY),
        "malformed": ("is damaged", _AWAY),
        "full": ("the disk is full", "Make room; nothing was changed"),
        "i/o error": ("cannot be read or written", "See whether its disk is full or failing"),
        "readonly": ("cannot be written", "Check who owns it and its directory"),
        "unable to open": ("cannot be opened", "Check who owns it and its directory"),
        "locked": ("is held by another program", "Try again"),
        "no such": ("has not the tables it should have", _AWAY),
    }
    for part, (what, remedy) in known.items():
        if part in reason:
            return TroubleError(what, where=str(path), remedy=remedy)
    return TroubleError("cannot be used", where=str(path), remedy="Check the disk and the file")


def _is_there(path: Path) -> bool:
    """Whether there is a file to open. Raises `OSError` where that cannot be told, `TroubleError` for no such file."""
    try:
        kind = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(kind):  # a FIFO would be waited for
        raise TroubleError("is no regular file", where=str(path), remedy=_AWAY)
    return True


def _open_for_writing(path: Path) -> Database:
    import sqlite3

    make_private_dir(path.parent)
    _is_there(path)
    # The file is made before SQLite makes it, so that it is private from its first instant; its log inherits the mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA secure_delete=ON")
        if _version(db, path) == 0:
            _create(db, path)
        db.execute("PRAGMA synchronous=FULL")
    except BaseException:
        db.close()
        raise
    return db


def _create(db: Database, path: Path) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    with transaction(db):
        if _version(db, path) == 0:  # another process may have made them meanwhile
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={VERSION}")


def _version(db: Database, path: Path) -> int:
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        remedy = "Use that newer program; this one leaves the file as it is"
        raise TroubleError("is from a newer version of shimmy-metrics", where=str(path), remedy=remedy)
    if found == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise TroubleError("is another program's database", where=str(path), remedy=_AWAY)
    return found
