"""Room kept in our own folder: a file that is given up where the disk is full, so that what must be written can be."""

import contextlib
import os
from pathlib import Path
from typing import Final

from shimmy_metrics.system.files import PRIVATE_FILE

BALLAST_BYTES: Final = 65_536


def ballast_path(store: Path) -> Path:
    """Return the file that is given up for the store at `store`."""
    return store.with_name("ballast")


def create(store: Path) -> None:
    """Keep the ballast where there is room for it; where there is none, it is what was given up."""
    ballast = ballast_path(store)
    with contextlib.suppress(OSError):
        if os.path.lexists(ballast):
            return
        descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with open(descriptor, "wb") as file:
                file.write(os.urandom(BALLAST_BYTES))  # what is all zeros takes no room on some filesystems
        except OSError:
            os.unlink(ballast)


def free(store: Path) -> bool:
    """Make room; return whether there was any to be made."""
    try:
        ballast_path(store).unlink()
    except OSError:
        return False
    return True
