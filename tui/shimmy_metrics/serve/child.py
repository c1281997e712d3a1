"""The real server as our child (Linux): it dies with us however we die, and we end as it ended.

It inherits the standard streams, the terminal and the process group; only its address is another. `fork` and `exec`
are called here rather than through `subprocess`, since between the two stand the guards, and the hand-over that
`system.handover` does (which knows launchers that lead back to us).
"""

import contextlib
import ctypes
import os
import select
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NoReturn

from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.handover import hand_over

assert sys.platform == "linux"

_PR_SET_PDEATHSIG: Final = 1
_PR_GET_PDEATHSIG: Final = 2
"""prctl(2)."""


class DeathGuard:
    """Ends a forked child when its parent ends. Made before the fork: what it needs is looked up there."""

    def __init__(self) -> None:
        self._prctl = ctypes.CDLL(None).prctl
        self._parent = os.getpid()

    def arm(self) -> bool:
        """Guard this process, right after the fork; return False where its parent has ended already."""
        self._prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        return os.getppid() == self._parent


class Child:
    """A running server. `pid` is its process; `descriptor` (a pidfd) becomes readable when it has ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.descriptor = os.pidfd_open(pid)
        self._poll = select.poll()
        self._poll.register(self.descriptor, select.POLLIN)

    def alive(self) -> bool:
        """Whether it still runs, at this instant. Until `wait` its number stays its own."""
        return not self._poll.poll(0)

    def send(self, number: int) -> None:
        """Send it a signal; nothing happens where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def wait(self) -> int:
        """Return how it ended: its exit status, or the signal's number below zero."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def unguarded(binary: str) -> str:
    """Return why the guards do not work for this binary, empty where they do.

    The kernel drops the death signal for a binary with rights of its own (setuid, file capabilities) and hides what it
    holds; an old kernel or a sandbox may lack the calls.
    """
    try:
        if os.stat(binary).st_mode & (stat.S_ISUID | stat.S_ISGID) or "security.capability" in os.listxattr(binary):
            return "the binary has rights of its own (setuid, setgid or capabilities)"
        os.close(os.pidfd_open(os.getpid()))
        os.scandir("/proc/self/fd").close()
    except OSError as error:
        return f"this system cannot guard the way to a server behind us: {(error.strerror or 'no reason').lower()}"
    found = ctypes.c_int(-1)
    guards = ctypes.CDLL(None).prctl(_PR_GET_PDEATHSIG, ctypes.byref(found), 0, 0, 0) == 0
    return "" if guards else "this system cannot guard the way to a server behind us"


def start(
    binary: str,
    words: Sequence[str],
    variables: Mapping[str, str],
    *,
    blocked: Iterable[signal.Signals],
    starting: Callable[[], None],
) -> Child:
    """Start the binary. Must be called by the main thread, before there are others: its death is what is guarded.

    `blocked` are the signals that we blocked for ourselves; the server gets them unblocked. `starting` is called in the
    new process at the last moment; an `OSError` of it is passed over. A binary that the system
    refuses to run says so on standard error and ends with 127, as a shell does it. Raises `OSError` where there can be
    no further process.
    """
    guard = DeathGuard()
    sys.stdout.flush()  # or both would write what stands in the buffers
    sys.stderr.flush()
    # Where it is ignored, as a parent may have left it, nobody can wait for a child's end. The server gets it so.
    usual = signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def last() -> None:
        signal.signal(signal.SIGCHLD, usual)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
        with contextlib.suppress(OSError):
            starting()

    try:
        pid = os.fork()
    except OSError:
        signal.signal(signal.SIGCHLD, usual)
        raise
    if pid == 0:
        _become(binary, list(words), dict(variables), guard, last)
    return Child(pid)


def _become(
    binary: str, words: list[str], variables: dict[str, str], guard: DeathGuard, last: Callable[[], None]
) -> NoReturn:
    try:
        if guard.arm():
            last()
            hand_over(binary, words, variables)
    except OSError as error:
        line = f"shimmy-metrics: {binary}: cannot be run: {(error.strerror or 'no reason given').lower()}. "
        line += "It should be the real Shimmy\n"
        os.write(2, line.encode(errors="surrogateescape"))
    finally:
        os._exit(Exit.NO_SERVER)
