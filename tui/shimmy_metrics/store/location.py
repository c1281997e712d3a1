"""Where the store may not be: in a folder that others own or can write, or where locks are unreliable.

Two processes that both hold "the" lock damage the store or send a report twice; another user who can write here decides
what is sent. In both cases metrics are off, with one line that says so.
"""

import contextlib
import os
import re
import sys
from functools import lru_cache
from typing import Final

from shimmy_metrics.errors import UserError, harmless, reason_of
from shimmy_metrics.system.files import another_owner, not_private, others_may_write, with_parents
from shimmy_metrics.system.places import StrPath

_SHARED: Final = frozenset(
    (
        "9p",
        "acfs",
        "afs",
        "auristorfs",
        "beegfs",
        "beegfs_nodev",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "drvfs",
        "fakeowner",
        "fuse",
        "gfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "grpcfuse",
        "hmdfs",
        "juicefs",
        "lustre",
        "moosefs",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "osxfs",
        "panfs",
        "prl_fs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
        "wekafs",
    )
)
"""Filesystem types (mountinfo(5)) that other machines, or a virtual machine's host, can use at the same time."""

_LOCAL_FUSE: Final = frozenset(
    (
        "fuse.cryfs",
        "fuse.encfs",
        "fuse.exfat",
        "fuse.fuse-overlayfs",
        "fuse.gocryptfs",
        "fuse.ntfs-3g",
        "fuse.securefs",
    )
)
"""The `fuse.` types that are backed by a local disk and leave locking to the kernel.

All others are refused. Most are network filesystems, and new ones appear every year: refusing a local one costs one
line with a way out, accepting a shared one costs a damaged store.
"""


_EXT4_KEEPS: Final = 40
"""ext4 keeps 2 % of all blocks for itself; of those that it counts here that is less than one in so many."""


def check_location(folder: StrPath) -> None:
    """Raise `UserError` where the store may not be. The folder need not exist."""
    try:
        _check_folder(folder)
    except OSError as error:
        raise UserError(
            f"cannot be used: {reason_of(error)}", where=str(folder), remedy="Nothing is sent from here"
        ) from error
    kind = filesystem(folder) if sys.platform == "linux" else ""
    if not locks_hold(kind):
        remedy = "Nothing is sent from here; name a folder on a local disk in XDG_STATE_HOME"
        raise UserError(f"lies where locks cannot be relied on ({kind})", where=str(folder), remedy=remedy)


def locks_hold(kind: str) -> bool:
    """Whether locks are reliable on a filesystem of this type (mountinfo(5)); an unknown one (empty) counts as such."""
    return kind not in _SHARED and (not kind.startswith("fuse.") or kind in _LOCAL_FUSE)


def unwritable(path: StrPath) -> str:
    """Return why the store at `path` cannot be written, or made there, and what to do; empty where it can.

    What only shows the store must find that out without writing.
    """
    there = os.path.lexists(path)
    above = os.path.dirname(path)
    folder = above if there else next(filter(os.path.exists, with_parents(above)), above)
    if not all(os.access(place, os.W_OK) for place in ((path, folder) if there else (folder,))):
        remedy = "Check who may write it and its folder, and whether the disk is mounted read-only"
        return f"{harmless(str(path))} cannot be written. {remedy}"
    return f"{harmless(str(path))}: the disk is full. Make room" if _full(folder) else ""


def _full(folder: StrPath) -> bool:
    """Whether the folder's filesystem has no block left; one that counts none (0 in all) is never full."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError):
        found = os.statvfs(folder)
        left = found.f_bavail  # root may use the reserved blocks as well, except those that ext4 keeps for itself
        if os.geteuid() == 0:
            left = max(found.f_bfree - found.f_blocks // _EXT4_KEEPS, left)
        return found.f_blocks > 0 and left == 0
    return False


def filesystem(path: StrPath, mounts: StrPath = "/proc/self/mountinfo") -> str:
    """Return the type of the filesystem that holds `path`, or would if it existed; empty where nothing tells."""
    with contextlib.suppress(OSError), open(mounts, encoding="utf-8", errors="replace") as table:
        return _type_of(os.path.realpath(path), table.read())
    return ""


@lru_cache(maxsize=1)
def _type_of(path: str, mounts: str) -> str:
    """Return the type of the filesystem that a path without links is on, from a table of mounts (mountinfo(5)).

    It is kept as long as the table is the same: an app asks each second, and mounts may be many. Nothing less tells
    that another filesystem is there: once one is unmounted, the next may have its device number and its mount's.
    """
    above = set(with_parents(path))
    depth, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        # mountinfo(5): the fifth field is the mount point, with spaces and the like as octal escapes.
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), left.split()[4])
        # `>=`: of two mounts on the same point the later one hides the earlier.
        if point in above and len(point) >= depth:
            depth, kind = len(point), right.split()[0]
    return kind


def _check_folder(folder: StrPath) -> None:
    """Refuse a folder that others own or can write, and files of ours in it that are not private."""
    there = os.path.exists(folder)
    if there and not os.path.isdir(folder):
        raise UserError("is not a folder", where=str(folder), remedy="Nothing is sent from here; move it away")
    if another_owner(folder, root_counts=there):
        remedy = "Nothing is sent from here; run this as the owner (under sudo the home may be another person's)"
        raise UserError("belongs to another user", where=str(folder), remedy=remedy)
    if not there:
        return
    if others_may_write(folder):
        import shlex  # hardly ever needed

        remedy = f"Nothing is sent from here; run: chmod go-w {shlex.quote(str(folder))}"
        raise UserError("others may write this folder", where=str(folder), remedy=remedy)
    # Where it cannot even be listed, opening a file in it says so.
    with contextlib.suppress(PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            _check_file(entry)


def _check_file(entry: "os.DirEntry[str]") -> None:
    """Refuse what others planted while they could write the folder: it is still there after a chmod."""
    if entry.name.startswith("metrics.") or entry.name.endswith(".lock"):
        with contextlib.suppress(FileNotFoundError):  # a lock goes with its session
            what = not_private(entry.stat(follow_symlinks=False))
            if what:
                raise UserError(what, where=entry.path, remedy="Nothing is sent from here; move it away")
