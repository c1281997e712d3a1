"""The local log: what went wrong on the metrics side, told to nobody else.

A line holds a time and an event in our own words; of an error its kind alone, since a message may quote a path or a
name. Writing it can fail, and that is not an error either.
"""

import contextlib
import os
from typing import Final

from shimmy_metrics.limits import LOG_BYTES
from shimmy_metrics.system.profile import Profile

_MODE: Final = 0o600


def note(profile: Profile, event: str, error: BaseException | None = None) -> None:
    """Add one line. Where the state directory does not exist nothing is written: off means off."""
    path = profile.log_path
    with contextlib.suppress(OSError):
        if not path.parent.is_dir():
            return
        kind = f" ({type(error).__name__})" if error is not None else ""
        line = f"{profile.clock.now():%Y-%m-%dT%H:%M:%SZ} {event}{kind}\n".encode()
        if path.is_file() and path.stat().st_size > LOG_BYTES:
            kept = path.read_bytes()[-LOG_BYTES // 2 :]
            path.write_bytes(kept[kept.find(b"\n") + 1 :])
        # O_NONBLOCK: a FIFO in its place would be waited for.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        with open(os.open(path, flags, _MODE), "ab") as file:
            file.write(line)
