"""The receiver's folder: what lies where, who may read it."""

import os
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from shimmy_metrics.errors import UserError

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Folder(NamedTuple):
    """The folder that `--data` names, and what lies in it."""

    path: Path

    @property
    def seen(self) -> Path:
        """Which ids arrived in the last 16 days, as keyed hashes."""
        return self.path / "seen.db"

    @property
    def counters(self) -> Path:
        """How often each rule was broken, ever."""
        return self.path / "counters.db"

    @property
    def days(self) -> Path:
        """The reports, a file for each day of arrival."""
        return self.path / "days"

    @property
    def keys(self) -> Path:
        """The folder of the keys."""
        return self.path / "keys"

    @property
    def hashing_known(self) -> Path:
        """Fingerprints of the hashing keys under which something may stand here, a line each."""
        return self.path / "hashing.known"

    @property
    def weeks(self) -> Path:
        """The aggregates of closed weeks, a file for each."""
        return self.path / "weeks"

    @property
    def retention_log(self) -> Path:
        """A signed line for each day that was dropped."""
        return self.path / "retention.log"

    @property
    def retention_pub(self) -> Path:
        """The public halves of the keys that signed it, a line for each, the newest last."""
        return self.path / "retention.pub"

    @property
    def ended(self) -> Path:
        """Stands while the programme has ended."""
        return self.path / "ended"

    @property
    def group_size(self) -> Path:
        """The operator's own k, where it was lowered."""
        return self.path / "k"

    @property
    def operator(self) -> Path:
        """What the operator publishes of itself."""
        return self.path / "operator.txt"

    @property
    def unlogged(self) -> Path:
        """Lines for the retention log that were not signed yet."""
        return self.path / "unlogged.json"

    @property
    def retain_turn(self) -> Path:
        """An empty database, locked by the process that drops days."""
        return self.path / "retain.turn"

    @property
    def keys_turn(self) -> Path:
        """An empty database, locked by the process that makes keys or signs with one."""
        return self.path / "keys.turn"

    @property
    def drain_turn(self) -> Path:
        """An empty database, locked by the process that delivers to a cluster or drops a day there."""
        return self.path / "drain.turn"

    @property
    def store(self) -> Path:
        """The address of the cluster behind this folder, where there is one."""
        return self.path / "store"

    def day(self, day: date) -> Path:
        """Return the file of what arrived on `day`."""
        return self.days / f"{day.isoformat()}.db"

    def command(self, action: str) -> str:
        """Return the command line of an action on this folder."""
        return f"shimmy-metrics receive {action} --data {shlex.quote(str(self.path))}"

    def arrival_days(self) -> Iterator[date]:
        """Yield the days of arrival that are still held, oldest first. Raise `OSError`: then none can be told."""
        for name in sorted(os.listdir(self.days)):
            with suppress(ValueError):
                day = date.fromisoformat(name.removesuffix(".db"))
                if name == self.day(day).name:
                    yield day


def is_a_receiver_s(path: Path) -> bool:
    """Whether a receiver was started there, or its retention log was copied there to be checked."""
    folder = Folder(path)
    return folder.days.is_dir() or folder.retention_log.is_file()


def prepared(path: Path) -> Folder:
    """Make the folder where it is missing, for its owner alone, and return it.

    Raise `UserError` where it belongs to another user, others may write into it, or it cannot be made or used.
    """
    folder = Folder(path.absolute())
    check_owner(folder.path)
    parts = (folder.path, folder.days, folder.keys, folder.weeks)
    try:
        for each in parts:
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.path.stat()
    except OSError as error:
        raise UserError(
            f"{folder.path} cannot be used ({os.strerror(error.errno or 0)}). Name another: --data"
        ) from None
    if sys.platform == "win32":
        return folder
    for each in parts:  # in a folder that cannot be listed nothing would seem to be held, and no day would be dropped
        if not os.access(each, os.R_OK | os.W_OK | os.X_OK):
            raise _closed(each, read_only=bool(os.statvfs(each).f_flag & os.ST_RDONLY))
    if found.st_mode & _OTHERS_WRITE:
        remedy = f"Close it first: chmod go-w {shlex.quote(str(folder.path))}"
        raise UserError(f"{folder.path} can be written by others", remedy=remedy)
    return folder


def check_owner(path: Path) -> None:
    """Raise `UserError` where a folder is another user's: what it holds can be seen and changed as that user alone."""
    if sys.platform == "win32":
        return
    import pwd

    with suppress(FileNotFoundError, NotADirectoryError):
        owner = path.stat().st_uid
        if owner == os.geteuid():
            return
        try:
            name = shlex.quote(pwd.getpwuid(owner).pw_name)
        except KeyError:
            name = f"'#{owner}'"
        remedy = f"Do this as that user (sudo -u {name}), or name a folder of your own with --data"
        raise UserError("belongs to another user", where=str(path), remedy=remedy)


def _closed(path: Path, *, read_only: bool) -> UserError:
    """Return the error for a folder in which its owner cannot read and write; `read_only`: it is mounted so."""
    if read_only:
        remedy = "Mount it so that it can be written, or name a folder elsewhere with --data"
        return UserError("lies on a read-only filesystem", where=str(path), remedy=remedy)
    remedy = f"Open it to the receiver's user: chmod u+rwx {shlex.quote(str(path))}"
    return UserError("cannot be read and written", where=str(path), remedy=remedy)


def write_private(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` with `data` atomically; it is on the disk when this returns. Raise `OSError`, which names it."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)  # of a process that was killed
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:  # a full disk's names no file
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def sync_folder(path: Path) -> None:
    """Write a folder's entries (created, renamed, deleted) to the disk before returning. Raise `OSError`."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
