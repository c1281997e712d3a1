"""The SQLite file itself: how it is opened, read and written.

A rollback journal (`TRUNCATE`, `synchronous=FULL`), no mapped file, private (0600), `secure_delete` on every
connection. A file from a newer program, a damaged one, or one in a directory of somebody else is left alone and said in
one line. How it is looked at without a write is in `readonly`.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import ballast
from shimmy_metrics.store.location import check_location
from shimmy_metrics.store.sqlite_errors import MOVE_AWAY, may_lack_room, sqlite_errors
from shimmy_metrics.store.wal import in_wal_mode, leave_wal_mode
from shimmy_metrics.system.files import make_private_dir, open_private
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    import sqlite3

    Database = sqlite3.Connection
else:
    Database = object  # SQLite is loaded with the first store that is opened: where metrics are off there may be none
"""An open store. Other rooms hold it and pass it back; only this room speaks SQL to it."""

Result = TypeVar("Result")

BUSY_SECONDS: Final = 2.0


def store_path(profile: Profile) -> Path:
    """Return where the store lies, whether it exists or not."""
    return profile.state_dir / "metrics.db"


def journal_path(path: Path) -> Path:
    """Return where SQLite keeps the rollback journal of the store at `path`."""
    return path.with_name(f"{path.name}-journal")


def sqlite_files(path: Path) -> tuple[Path, ...]:
    """Return every file that SQLite may leave beside the store at `path`: the journal, and an older form's two."""
    return tuple(path.with_name(f"{path.name}{suffix}") for suffix in ("-journal", "-wal", "-shm"))


@contextlib.contextmanager
def opened(profile: Profile, busy_seconds: float = BUSY_SECONDS, *, for_deletion: bool = False) -> Iterator[Database]:
    """Open the store for writing, making it where it is missing; close it afterwards.

    Putting a killed session's pages back may take room: `for_deletion` the ballast is given up for that. Raises
    `UserError` for a store that cannot be used, and for any failure of SQLite within the block.
    """
    path = store_path(profile)
    check_location(profile.state_dir)
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
    """Open the store for writing and leave closing it to the caller (a session keeps it). Raises `UserError`."""
    path = store_path(profile)
    check_location(profile.state_dir)
    with sqlite_errors(path):
        return _open_for_writing(path, BUSY_SECONDS)


@contextlib.contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Run a block as one transaction: all of it is in the file afterwards, durably, or nothing is."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself rolls back where the disk is full
            db.execute("ROLLBACK")
        raise


def with_room(path: Path, step: Callable[[], Result]) -> Result:
    """Return what the step returns; where it finds no room the ballast is given up and it is taken once more.

    `path` is the store's. For what has to be written: a deletion, what became of a request that left. Raises
    `sqlite3.Error`.
    """
    import sqlite3

    try:
        return step()
    except sqlite3.Error as error:
        if not (may_lack_room(error) and ballast.free(path)):
            raise
        return step()


def get_meta(db: Database, name: str) -> str:
    """Return a remembered word by its name, empty where there is none."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def set_meta(db: Database, name: str, value: str) -> None:
    """Remember a word by its name."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def delete_meta(db: Database, *names: str) -> None:
    """Forget remembered words by their names."""
    db.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name in names])


def all_meta(db: Database) -> dict[str, str]:
    """Return every remembered word by its name."""
    return {str(name): str(value) for name, value in db.execute("SELECT name, value FROM meta ORDER BY name")}


def exists(path: Path) -> bool:
    """Whether there is a file to open. Raises `OSError` where that cannot be told, `UserError` for no such file."""
    try:
        kind = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(kind):  # a FIFO would be waited for
        raise UserError("is no regular file", where=str(path), remedy=MOVE_AWAY)
    return True


def _open_for_writing(path: Path, busy_seconds: float) -> Database:
    import sqlite3

    from shimmy_metrics.store.migrate import migrate
    from shimmy_metrics.store.tables import VERSION, create

    make_private_dir(path.parent)
    exists(path)
    # The file is made before SQLite makes it, so that it is private from its first instant; its journal inherits that.
    with contextlib.suppress(FileExistsError):
        os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        if in_wal_mode(path):
            leave_wal_mode(db, path)
        secure(db)
        found = version_of(db, path)
        db.execute("PRAGMA journal_mode=TRUNCATE")
        db.execute("PRAGMA synchronous=FULL")
        if found < VERSION:
            with transaction(db):
                found = version_of(db, path)  # another process may have made them meanwhile
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
    """Zero what is deleted from now on, and map no file: on a full disk a mapped one is fatal."""
    db.execute("PRAGMA secure_delete=ON")
    db.execute("PRAGMA mmap_size=0")


def version_of(db: Database, path: Path) -> int:
    """Return the version of the file's tables, 0 where it has none yet.

    Raises `UserError` for a newer program's file and for another program's, `sqlite3.Error` for one that is damaged.
    """
    from shimmy_metrics.store.tables import VERSION

    found = _version(db)
    if found == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        found = _version(db)  # another process may have made tables and version between the two questions
        if found == 0:
            raise UserError("is another program's database", where=str(path), remedy=MOVE_AWAY)
    if found > VERSION:
        remedy = "Use that newer program; this one leaves the file as it is"
        raise UserError("is from a newer version of shimmy-metrics", where=str(path), remedy=remedy)
    return found


def _version(db: Database) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
