"""The local log: what went wrong with metrics. It is never sent.

A line holds a time and an event in our own words; of an error its type, and of a crash its places in the program, but
never its message, which may quote a path or a name. A line that cannot be written is dropped.
"""

import contextlib
import os
import re
from typing import Final, Literal, get_args

from shimmy_metrics.limits import LOG_BYTES
from shimmy_metrics.system.files import open_private
from shimmy_metrics.system.profile import Profile

CRASH: Final = "an error ended the app"
PLACES: Final = 12
"""How many places of an error a line names at most."""

Event = Literal[
    "the sender met an error and ended",
    "the relay met an error",
    "no TLS connection with the upstream could be made",
    "more clients came than the limit of open files lets in; some waited",
    "measuring met an error; it does not stop the server",
    "the store or a session's lock was removed while a session ran; the session goes on",
    "the app could not do something",
]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
"""Every event that a line can name, besides outcomes of departures. `validate` accepts no others."""


def log_departure(profile: Profile, line: str) -> None:
    """Append a departure's line: what became of it, in words of ours."""
    _add(profile, line)


def log_event(profile: Profile, event: Event, error: BaseException | None = None) -> None:
    """Append one line. Without a state directory nothing is written: off means off."""
    _add(profile, f"{event} ({type(error).__name__})" if error is not None else event)


def log_crash(profile: Profile, error: BaseException) -> None:
    """Append the line of an error that ended the app, with the places that it came through."""
    _add(profile, f"{CRASH} ({type(error).__name__}{_places(error)})")


def _places(error: BaseException) -> str:
    """Return the source files and lines that the error came through, the innermost last; empty without any."""
    from traceback import walk_tb  # only for a crash

    frames = [(os.path.basename(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    named = [f"{name}:{line}" for name, line in frames if re.fullmatch(r"\w+\.py", name, re.ASCII)]
    return f" at {', '.join(named[-PLACES:])}" if named else ""


def _add(profile: Profile, event: str) -> None:
    line = f"{profile.clock.now():%Y-%m-%dT%H:%M:%SZ} {event}\n".encode()
    with contextlib.suppress(OSError):
        descriptor = open_private(profile.log_file, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        with open(descriptor, "r+b", buffering=0) as file:
            size = os.fstat(descriptor).st_size
            if size > LOG_BYTES:
                file.seek(size - LOG_BYTES // 2)
                newer = file.read()
                file.truncate(0)
                line = newer[newer.find(b"\n") + 1 :] + line
            file.write(line)
