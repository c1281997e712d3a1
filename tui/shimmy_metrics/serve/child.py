"""The real server as our child process (Linux): it dies with us however we die, and we exit as it exited.

It inherits the standard streams, the terminal and the process group; only its address differs. `fork` and `exec` are
called here rather than through `subprocess` because the guards are set between them, and because the `exec` is
`system.handover`'s, which recognizes launchers that lead back to us.
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
    """Kills a forked child when its parent dies. Made before the fork, where looking up `prctl` is still safe."""

    def __init__(self) -> None:
        self._prctl = ctypes.CDLL(None).prctl
        self._parent = os.getpid()

    def arm(self) -> bool:
        """Guard this process, right after the fork; return False if its parent has died already."""
        self._prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        return os.getppid() == self._parent


class Child:
    """A running server. `pid` is its process; `descriptor` (a pidfd) becomes readable when it exits."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.descriptor = os.pidfd_open(pid)
        self._poll = select.poll()
        self._poll.register(self.descriptor, select.POLLIN)

    def alive(self) -> bool:
        """Whether it is running at this instant. Its pid is not reused before `wait`."""
        return not self._poll.poll(0)

    def send(self, number: int) -> None:
        """Send it a signal; nothing happens if it has exited."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def wait(self) -> int:
        """Wait for its end; return its exit status, or the negative number of the signal that ended it."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def memory_bytes(pid: int) -> int | None:
    """Return a process's resident memory (proc(5), `statm`), None if that cannot be read."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def unguarded(binary: str) -> str:
    """Return why the guards do not work for this binary, empty if they do.

    For a binary with privileges of its own (setuid, file capabilities) the kernel drops the death signal and hides its
    descriptors; an old kernel or a sandbox may lack the calls.
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
    """Start the binary. Must be called by the main thread, before there are others: the guard watches the thread.

    `blocked` are the signals that we blocked for ourselves; the server gets them unblocked. `starting` is called in the
    new process just before the `exec`; an `OSError` it raises is ignored. If the system refuses to run the binary, the
    new process prints that on standard error and exits with 127, as a shell does. Raises `OSError` if no further
    process can be made.
    """
    guard = DeathGuard()
    sys.stdout.flush()  # or both processes would write what the buffers hold
    sys.stderr.flush()
    # While SIGCHLD is ignored, as our parent may have left it, no child can be waited for. The server inherits that.
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
