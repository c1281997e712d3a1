"""List everything of ours on this disk, each file with its size and purpose.

A file is ours by its name and place, and only if it is a regular file of the person's own. Nothing is followed or
written. Exports can be saved anywhere and no path is recorded, so only those in the home folder with the name that was
offered are found; anybody may have given a file there such a name, so it has to hold what we save, too.
"""

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.system.files import another_owner
from shimmy_metrics.system.places import StrPath
from shimmy_metrics.system.profile import Profile


class FileKind(StrEnum):
    """What a file is, in the words of `files --json`."""

    CONFIG = "config"
    CONFIG_LOCK = "config-lock"
    CONFIG_LEFTOVER = "config-leftover"
    STORE = "store"
    STORE_JOURNAL = "store-journal"
    STORE_LOG = "store-log"
    BALLAST = "ballast"
    LOG = "log"
    SENDER_LOCK = "sender-lock"
    SESSION_LOCK = "session-lock"
    FOLDER = "folder"
    EXPORT = "export"


_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class _Name(NamedTuple):
    """What files of a kind are called: how a name begins, and the pattern of its rest.

    The beginning is compared first: few folders hold a file of each kind, and each pattern takes time to compile.
    """

    kind: FileKind
    begins: str
    rest: str = ""

    def fits(self, name: str) -> bool:
        """Whether a file may be called this."""
        rest = name.removeprefix(self.begins)
        return name.startswith(self.begins) and (re.fullmatch(self.rest, rest) is not None if rest else not self.rest)


_STATE: Final = (
    _Name(FileKind.STORE, "metrics.db"),
    _Name(FileKind.STORE_JOURNAL, "metrics.db-journal"),
    _Name(FileKind.STORE_LOG, "metrics.db-", "wal|shm"),
    _Name(FileKind.LOG, "metrics.log"),
    _Name(FileKind.BALLAST, "ballast"),
    _Name(FileKind.SENDER_LOCK, "sender.lock"),
    # Version 1 named it by the report's id.
    _Name(FileKind.SESSION_LOCK, "session-", rf"(?:[0-9]+|{_UUID})\.lock"),
)
_EXPORTS: Final = (_Name(FileKind.EXPORT, "shimmy-", r"(?:metrics|report|receipts)-\d{4}-\d\d-\d\d(?:-\d+)?\.json"),)


class OwnFile(NamedTuple):
    """One file of ours, or the state folder, whose size is 0. `size` is in bytes."""

    path: str
    kind: FileKind
    size: int


def files(profile: Profile) -> tuple[OwnFile, ...]:
    """Return everything of ours: the config first, then what lies in the state folder, the folder itself, exports.

    Raises `UserError` for a folder of ours that cannot be listed, and for another user's (sudo).
    """
    return (*_config(profile.config_file), *_state(profile.state_folder), *_exports(profile.home))


def _config(path: StrPath) -> Iterator[OwnFile]:
    with contextlib.suppress(OSError):
        found = os.stat(path)  # the person may keep it elsewhere and link to it
        if stat.S_ISREG(found.st_mode):
            yield OwnFile(os.fspath(path), FileKind.CONFIG, found.st_size)
    yield from _named(os.path.dirname(path), (_Name(FileKind.CONFIG_LOCK, ".lock"),))
    folder, name = os.path.split(os.path.realpath(path))
    # The second form is version 1's.
    left = _Name(FileKind.CONFIG_LEFTOVER, f".{name}.", "shimmy-metrics-[0-9a-f]{16}|[a-z0-9_]{8}")
    yield from _named(folder, (left,))


def _state(folder: StrPath) -> Iterator[OwnFile]:
    if not os.path.isdir(folder):
        return
    if another_owner(folder, root_counts=True):
        remedy = "Run this as the owner (under sudo the home may be another person's)"
        raise UserError("belongs to another user", where=str(folder), remedy=remedy)
    yield from _named(folder, _STATE)
    yield OwnFile(os.fspath(folder), FileKind.FOLDER, 0)


def _exports(home: StrPath | None) -> Iterator[OwnFile]:
    if home is not None:
        with contextlib.suppress(UserError):  # a home that cannot be listed holds no export of ours
            for each in _named(home, _EXPORTS):
                from shimmy_metrics.actions.saved import holds_saved  # most homes hold none, and it loads the fields

                if holds_saved(each.path):
                    yield each


def _named(folder: StrPath, ours: tuple[_Name, ...]) -> Iterator[OwnFile]:
    """Yield the person's own regular files in a folder whose name is one of ours, in the order of the kinds."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        remedy = "Give yourself the right to read it (chmod u+rwx), then do this again"
        raise UserError(f"cannot be listed: {reason_of(error)}", where=str(folder), remedy=remedy) from error
    for each in ours:
        for name in names:
            if each.fits(name):
                yield from _own(os.path.join(folder, name), each.kind)


def _own(path: str, kind: FileKind) -> Iterator[OwnFile]:
    with contextlib.suppress(OSError):  # it went meanwhile
        found = os.lstat(path)
        mine = sys.platform == "win32" or found.st_uid == os.geteuid()
        if stat.S_ISREG(found.st_mode) and mine:
            yield OwnFile(path, kind, found.st_size)
