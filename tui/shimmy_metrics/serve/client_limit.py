"""How many clients the limit of open files allows at a time; the limit is raised first, and reported when it is met."""

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from shimmy_metrics.serve.relay_log import log_while_on
from shimmy_metrics.system.profile import Profile

UNLIMITED: Final = 1 << 31

_EACH: Final = 2
"""Open files for each client: its own connection and the one to the server, which has a limit of its own."""

_OURS: Final = 24
"""Open files that we need besides: 16 while clients are relayed, more to write the store and start the sender."""

_MACOS_MOST: Final = 10_240
"""OPEN_MAX: with no hard limit at all, more is refused (setrlimit(2))."""


class ClientLimit(NamedTuple):
    """`clients` fit at a time; `on_met` reports, without blocking, that others wait for their turn."""

    clients: int = UNLIMITED
    on_met: Callable[[], None] = lambda: None


def client_limit(profile: Profile, print_line: Callable[[str], None]) -> ClientLimit:
    """Raise our limit of open files and return how many clients fit. `print_line` prints one line."""
    files = _open_files()
    if files is None:
        return ClientLimit()
    clients = max(1, (files - _OURS) // _EACH)

    def report() -> None:
        plural = "s" if clients > 1 else ""
        print_line(
            f"the limit of {files} open files lets {clients} client{plural} in at a time; others wait for their turn. "
            "Raise it: ulimit -n 4096, or LimitNOFILE=4096 in a systemd unit"
        )
        log_while_on(profile, "more clients came than the limit of open files lets in; some waited")

    # The disk and the reader of standard error may be slow, and the limit is met in the relay's thread.
    return ClientLimit(clients, lambda: threading.Thread(target=report, daemon=True, name="limit").start())


def _open_files() -> int | None:
    """Raise our limit of open files and return it, None if there is none."""
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
