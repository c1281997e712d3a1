"""Where the store may not lie: in somebody else's directory, or on a network filesystem."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

from shimmy_metrics.errors import TroubleError
from shimmy_metrics.system.files import another_owner

_NETWORK: Final = frozenset(
    (
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb2",
        "smb3",
        "smbfs",
    )
)
"""Filesystem types on which SQLite's log of shared memory, or its locks, cannot be relied on."""


def check_place(state_dir: Path) -> None:
    """Raise `TroubleError` where the store may not lie; the directory need not exist."""
    if another_owner(state_dir):
        remedy = "Metrics are off; run this as the owner (under sudo the home may be another person's)"
        raise TroubleError("belongs to another user", where=str(state_dir), remedy=remedy)
    if os.path.exists(state_dir) and not os.path.isdir(state_dir):
        raise TroubleError("is no directory", where=str(state_dir), remedy="Metrics are off; move it away")
    kind = filesystem(state_dir) if sys.platform == "linux" else ""
    if kind in _NETWORK:
        remedy = "Metrics are off; name a local directory in XDG_STATE_HOME"
        raise TroubleError(f"lies on a network filesystem ({kind})", where=str(state_dir), remedy=remedy)


def filesystem(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the type of the filesystem that holds `path` (its nearest existing ancestor), or empty."""
    with contextlib.suppress(OSError):
        existing = next(each for each in (path, *path.parents) if os.path.exists(each)).resolve()
        depth, kind = -1, ""
        for line in mounts.read_text(errors="replace").splitlines():
            left, _, right = line.partition(" - ")
            # mountinfo(5): the fifth word is the mount point, with spaces and such as octal escapes.
            point = Path(left.split()[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
            # Of two mounts on the same point the later one hides the earlier, hence `>=`.
            if point in (existing, *existing.parents) and len(point.parts) >= depth:
                depth, kind = len(point.parts), right.split()[0]
        return kind
    return ""
