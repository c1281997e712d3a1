"""A file that reserves room on the disk. It is deleted when the disk is full, so that what must be written can be."""

import contextlib
import os
from typing import Final

from shimmy_metrics.system.files import PRIVATE_FILE
from shimmy_metrics.system.places import StrPath

BALLAST_BYTES: Final = 131_072
"""Half as much did not suffice for a withdrawal on btrfs with a quota, where every page is written anew."""


def ballast_path(store: StrPath) -> str:
    """Return the path of the ballast of the store at `store`."""
    return os.path.join(os.path.dirname(store), "ballast")


def create(store: StrPath) -> None:
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


def free(store: StrPath) -> bool:
    """Delete the ballast; return whether there was any."""
    try:
        os.unlink(ballast_path(store))
    except OSError:
        return False
    return True
