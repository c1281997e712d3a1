"""What this process has open, for tests of what must not stay open."""

import os
import stat
from contextlib import suppress


def open_files() -> set[tuple[int, int, int]]:
    """Return each open file, folder and FIFO: its descriptor, device and number.

    No sockets: those of an earlier test's threads are closed at any time.
    """
    found = set()
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # the listing's own
            each = os.fstat(int(name))
            if not stat.S_ISSOCK(each.st_mode):
                found.add((int(name), each.st_dev, each.st_ino))
    return found
