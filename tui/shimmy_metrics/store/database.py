"""The SQLite file: opening it for writing, transactions, and the named values in `meta`.

It is private (0600), has a rollback journal (`TRUNCATE`, `synchronous=FULL`) and is not mapped into memory;
`secure_delete` is on for every connection. A newer program's file, a damaged one, or one in somebody else's directory
is left alone, with one line that says so. `readonly` reads it without writing.
"""

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import ballast
from shimmy_metrics.store.location import check_location
from shimmy_metrics.store.sqlite_errors import MOVE_AWAY, may_lack_room, sqlite_errors
from shimmy_metrics.store.wal import in_wal_mode, leave_wal_mode
from shimmy_metrics.system.files import make_private_dir, open_private
from shimmy_metrics.system.places import StrPath
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    import sqlite3

    Database = sqlite3.Connection
else:
    Database = object  # sqlite3 is imported when a store is opened: while metrics are off there may be none
"""An open store. Other packages pass it on; only this one runs SQL on it."""

Result = TypeVar("Result")

BUSY_SECONDS: Final = 2.0

_PAGE_BYTES: Final = 512
"""Each second of a busy session rewrites two pages, and the journal holds them once more: 9.7 MB an hour, where pages
of 2,048 bytes make 31. Reading 1,000 receipts takes 3 % more instructions for it."""


def store_path(profile: Profile) -> str:
    """Return the store's path, whether it exists or not."""
    return os.path.join(profile.state_folder, "metrics.db")


def journal_path(path: StrPath) -> str:
    """Return the path of the rollback journal of the store at `path`."""
    return f"{os.fspath(path)}-journal"


def sqlite_files(path: StrPath) -> tuple[str, ...]:
    """Return the files that SQLite may leave beside the store at `path`: the journal, and the two of WAL mode."""
    return tuple(f"{os.fspath(path)}{suffix}" for suffix in ("-journal", "-wal", "-shm"))


def uri(path: StrPath, mode: str) -> str:
    """Return the URI of the store at `path`, to be opened read-only (`ro`) or for writing (`rw`), where it is there.

    By SQLite's own rule (sqlite.org/uri.html): `pathlib` has another, but need not be loaded for this.
    """
    name = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if sys.platform == "win32":
        name = f"/{name}".replace("\\", "/")
    return f"file://{name}?mode={mode}"


@contextlib.contextmanager
def opened(profile: Profile, busy_seconds: float = BUSY_SECONDS, *, for_deletion: bool = False) -> Iterator[Database]:
    """Open the store for writing, creating it where it is missing; close it afterwards.

    Rolling back what a killed process left may need room: `for_deletion` the ballast is freed for that. Raise
    `UserError` for a store that cannot be used, and for any error of SQLite within the block.
    """
    path = store_path(profile)
    check_location(profile.state_folder)
    with sqlite_errors(path):
        if for_deletion:
            db = with_room(path, lambda: _open_for_writing(path, busy_seconds))
        else:
            db = _open_for_writing(path, busy_seconds)
        try:
            yield db
        finally:
            db.close()


def connect(profile: Profile) -> Database:
    """Open the store for writing; the caller closes it. Raise `UserError`."""
    path = store_path(profile)
    check_location(profile.state_folder)
    with sqlite_errors(path):
        return _open_for_writing(path, BUSY_SECONDS)


@contextlib.contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Run the block as one transaction: afterwards all of it is durably in the file, or nothing is."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # on a full disk SQLite has rolled back already
            db.execute("ROLLBACK")
        raise


def with_room(path: StrPath, step: Callable[[], Result]) -> Result:
    """Return what `step` returns; where the disk is full, free the ballast of the store at `path` and retry once.

    For what has to be written: a deletion, the outcome of a request that left. Raise `sqlite3.Error`.
    """
    import sqlite3

    try:
        return step()
    except sqlite3.Error as error:
        if not (may_lack_room(error) and ballast.free(path)):
            raise
        return step()


def get_meta(db: Database, name: str) -> str:
    """Return the value of this name in `meta`, empty where there is none."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def set_meta(db: Database, name: str, value: str) -> None:
    """Set the value of this name in `meta`."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def delete_meta(db: Database, *names: str) -> None:
    """Delete the values of these names in `meta`."""
    db.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name in names])


def all_meta(db: Database) -> dict[str, str]:
    """Return all of `meta`: each value by its name."""
    return {str(name): str(value) for name, value in db.execute("SELECT name, value FROM meta ORDER BY name")}


def exists(path: StrPath) -> bool:
    """Whether there is a file. Raise `UserError` for anything but a regular file, `OSError` where that is not known."""
    try:
        kind = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(kind):  # opening a FIFO blocks
        raise UserError("is no regular file", where=str(path), remedy=MOVE_AWAY)
    return True


def _open_for_writing(path: StrPath, busy_seconds: float) -> Database:
    import sqlite3

    from shimmy_metrics.store.migrate import migrate
    from shimmy_metrics.store.tables import VERSION, create

    make_private_dir(os.path.dirname(path))
    exists(path)
    # Created before SQLite does it, so that the file is private from the start; the journal inherits its mode.
    with contextlib.suppress(FileExistsError):
        os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        if in_wal_mode(path):
            leave_wal_mode(db, path)
        secure(db)
        found = version_of(db, path)
        if found == 0:
            db.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        db.execute("PRAGMA journal_mode=TRUNCATE")
        db.execute("PRAGMA synchronous=FULL")
        if found < VERSION:
            with transaction(db):
                found = version_of(db, path)  # another process may have created or migrated them meanwhile
                if found == 0:
                    create(db)
                elif found < VERSION:
                    migrate(db, found)
    except BaseException:
        db.close()
        raise
    ballast.create(path)
    return db


def secure(db: Database) -> None:
    """Overwrite what is deleted with zeros, and map no file into memory: on a full disk that ends the process."""
    db.execute("PRAGMA secure_delete=ON")
    db.execute("PRAGMA mmap_size=0")


def version_of(db: Database, path: StrPath) -> int:
    """Return the version of the file's tables, 0 where it has none yet.

    Raise `UserError` for the file of a newer version or of another program, `sqlite3.Error` for a damaged one.
    """
    from shimmy_metrics.store.tables import VERSION

    found = _version(db)
    if found == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        found = _version(db)  # another process may have created both between the two queries
        if found == 0:
            raise UserError("is another program's database", where=str(path), remedy=MOVE_AWAY)
    if found > VERSION:
        remedy = "Use that newer program; this one leaves the file as it is"
        raise UserError("is from a newer version of shimmy-metrics", where=str(path), remedy=remedy)
    return found


def _version(db: Database) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
