"""How many clients fit at a time by the limit of open files, which is raised first; what is said where it is met."""

import contextlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.profile import Profile

UNLIMITED: Final = 1 << 31

_EACH: Final = 2
"""Open files a client: its own connection, and the one to the server, which keeps its own limit."""

_OURS: Final = 24
"""Open files that we need besides: 16 while clients are carried, more to write the store and to start the sender."""

_MACOS_MOST: Final = 10_240
"""OPEN_MAX: more is refused where the hard limit is none at all (setrlimit(2))."""


@dataclass(frozen=True, slots=True)
class ClientLimit:
    """`clients` fit at a time; `met` says, without waiting for it, that others wait for their turn."""

    clients: int = UNLIMITED
    met: Callable[[], None] = lambda: None


def client_limit(profile: Profile, say: Callable[[str], None]) -> ClientLimit:
    """Raise our limit of open files and return how many clients fit. `say` prints one line."""
    files = _open_files()
    if files is None:
        return ClientLimit()
    clients = max(1, (files - _OURS) // _EACH)

    def tell() -> None:
        plural = "s" if clients > 1 else ""
        say(
            f"the limit of {files} open files lets {clients} client{plural} in at a time; others wait for their turn. "
            "Raise it: ulimit -n 4096, or LimitNOFILE=4096 in a systemd unit"
        )
        log_event(profile, "more clients came than the limit of open files lets in; some waited")

    # A disk or whoever reads standard error may be slow, and the limit is met in the relay's thread.
    return ClientLimit(clients, lambda: threading.Thread(target=tell, daemon=True, name="limit").start())


def _open_files() -> int | None:
    """Return our limit of open files, after it was raised; None for none."""
    if sys.platform == "win32":
        return None
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (hard, _MACOS_MOST):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            break
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
