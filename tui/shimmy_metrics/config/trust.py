"""Who may write a config file. A yes counts only from the person's own file that nobody else may write.

Checked are the file, its real folder and the folder of each link to either, but never the home directory. On POSIX
alone: Windows keeps a person's folders to that person.
"""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.system.files import stamp
from shimmy_metrics.system.places import StrPath, tidy

_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_LINKS: Final = 40
"""How many links to a file Linux follows; other systems follow fewer."""


class Flaw(NamedTuple):
    """A file or folder through which another user could have written the answer."""

    path: str
    foreign: bool
    """It belongs to another user; otherwise it is the person's own, and others may write it."""

    def __str__(self) -> str:
        return f"{self.path} belongs to another user" if self.foreign else f"others may write {self.path}"


def distrust(path: StrPath) -> str:
    """Return why a yes in this file does not count; empty where it does."""
    try:
        return next((str(flaw) for flaw in _flaws(path)), "")
    except OSError as error:
        return f"it cannot be told who may write {path} ({reason_of(error)})"


def stamps(path: StrPath) -> tuple[tuple[int, int, int, int], ...]:
    """Return what changes with the answer in a file, and with who may write it. Never raises."""
    try:
        return tuple(map(stamp, (path, *_folders(path))))
    except OSError:
        return (stamp(path),)


def keep_others_out(path: StrPath) -> tuple[str, ...]:
    """Remove others' write permission from the config's folder before a yes; return the sentences to print about it.

    The file itself is written anew, private. Raises `UserError` where a yes would still not count.
    """
    notices: list[str] = []
    try:
        flaws = list(_flaws(path))
    except OSError as error:
        raise UserError(f"cannot be used: {reason_of(error)}", where=str(path), remedy="Nothing was changed") from error
    for flaw in flaws:
        if flaw.foreign:
            remedy = "A yes or Only for me counts only from your own file. Move it away, then answer again"
            raise UserError("belongs to another user", where=flaw.path, remedy=remedy)
    for flaw in flaws:
        if flaw.path == os.path.dirname(tidy(os.fspath(path))):
            _close(flaw.path)
        elif flaw.path != os.path.realpath(path):
            raise UserError("others may write it", where=flaw.path, remedy=_to_be_closed(flaw.path))
        notices.append(f"Others could write {flaw.path}. They no longer can.")
    return tuple(notices)


def _close(folder: str) -> None:
    try:
        os.chmod(folder, stat.S_IMODE(os.stat(folder).st_mode) & ~_OTHERS)
    except OSError as error:
        what = f"others may write it: {reason_of(error)}"
        raise UserError(what, where=folder, remedy=_to_be_closed(folder)) from error


def _to_be_closed(path: str) -> str:
    import shlex  # rarely needed, and a hand-over loads this module

    return f"A yes there would not count. Run: chmod go-w {shlex.quote(path)}"


def _flaws(path: StrPath) -> Iterator[Flaw]:
    if sys.platform == "win32":
        return
    for folder in _folders(path):
        found = os.stat(folder)
        # Root may write everywhere anyway.
        if found.st_uid not in (os.geteuid(), 0):
            yield Flaw(folder, foreign=True)
        elif found.st_mode & _OTHERS:
            yield Flaw(folder, foreign=False)
    with contextlib.suppress(FileNotFoundError):
        found = os.stat(path)
        if found.st_uid != os.geteuid():
            yield Flaw(os.path.realpath(path), foreign=True)
        elif found.st_mode & _OTHERS:
            yield Flaw(os.path.realpath(path), foreign=False)


def _folders(path: StrPath) -> list[str]:
    """Return the existing folders of the file and of each link to it or to such a folder, except the home directory."""
    ways = _ways(path)
    # Whoever may write where a link lies leads it elsewhere: to a folder of the person's with an older yes.
    links = [link for way in ways for link in _ways(os.path.dirname(way))[:-1]]
    folders = [folder for folder in map(os.path.dirname, (*ways, *links)) if os.path.isdir(folder)]
    home = os.path.expanduser("~")
    return [each for each in dict.fromkeys(folders) if not (os.path.isdir(home) and os.path.samefile(each, home))]


def _ways(path: StrPath) -> list[str]:
    """Return the path and, where it is a link, what it leads to, link by link."""
    ways = [tidy(os.fspath(path))]
    while os.path.islink(ways[-1]) and len(ways) <= _LINKS:
        ways.append(tidy(os.path.join(os.path.dirname(ways[-1]), os.readlink(ways[-1]))))
    return ways
