"""How our process ends: it becomes the real binary, or exits with the server's status or by the server's signal."""

import contextlib
import signal
import sys
import threading


class HandOverError(Exception):
    """This start is not measured: the real binary is run untouched.

    `line` is what to print about it on standard error; empty where the real binary reports everything itself.
    """

    def __init__(self, line: str = "") -> None:
        super().__init__(line)
        self.line = line


def exit_as(status: int) -> int:
    """Die by the signal that a negative `status` names; return any other status unchanged.

    The first process of a container cannot kill itself by a signal, and Windows has none: there the status that shells
    show for the signal (128 plus its number) is returned.
    """
    if status >= 0:
        return status
    number = -status
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would be ours and show nothing of the server
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)  # SIGKILL has no handler to set
        # Unblocked here and sent to this very thread, so that the thread that waits for signals cannot take it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        signal.pthread_kill(threading.get_ident(), number)
    return 128 + number
