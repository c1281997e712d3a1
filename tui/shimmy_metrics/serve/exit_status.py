"""How our process ends: by becoming the real binary, or by the status or the signal by which the server ended."""

import contextlib
import signal
import sys
import threading


class HandOverError(Exception):
    """This start is not ours to measure: the real binary gets it untouched.

    `line` is what we say about it on standard error; empty where the real binary says everything itself.
    """

    def __init__(self, line: str = "") -> None:
        super().__init__(line)
        self.line = line


def exit_as(status: int) -> int:
    """End this process by the signal that `status` (below zero) names; otherwise return it as the exit status.

    The first process of a container cannot die by a signal of its own, and Windows has none: the status that shells
    show for one is returned there.
    """
    if status >= 0:
        return status
    number = -status
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would be of us and say nothing of the server
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)  # SIGKILL has no handler to set
        # Unblocked first and sent to this very thread: another that waits for signals must not take this one.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        signal.pthread_kill(threading.get_ident(), number)
    return 128 + number
