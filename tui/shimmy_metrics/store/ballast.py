"""A file that reserves room on the disk. It is deleted when the disk is full, so that what must be written can be."""

import contextlib
import os
from pathlib import Path
from typing import Final

from shimmy_metrics.system.files import PRIVATE_FILE

BALLAST_BYTES: Final = 131_072
"""Half as much did not suffice for a withdrawal on btrfs with a quota, where every page is written anew."""


def ballast_path(store: Path) -> Path:
    """Return the path of the ballast of the store at `store`."""
    return store.with_name("ballast")


def create(store: Path) -> None:
    """Write the ballast where there is none and the disk has room for it."""
    ballast = ballast_path(store)
    with contextlib.suppress(OSError):
        if os.path.lexists(ballast):
            return
        descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with open(descriptor, "wb") as file:
                file.write(os.urandom(BALLAST_BYTES))  # zeros take no room on some filesystems
        except OSError:
            os.unlink(ballast)


def free(store: Path) -> bool:
    """Delete the ballast; return whether there was any."""
    try:
        ballast_path(store).unlink()
    except OSError:
        return False
    return True
