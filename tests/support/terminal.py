"""The app on a pseudo-terminal of its own: what it writes, how long it takes to end. POSIX only."""

import contextlib
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl
    import pty
    import termios

TESTS: Final = Path(__file__).resolve().parents[1]


class Terminal:
    """A Python program in a terminal of 80 x 24."""

    def __init__(self, program: str, variables: Mapping[str, str]) -> None:
        places = os.pathsep.join([str(TESTS), str(TESTS.parent / "tui")])
        named = {"PYTHONPATH": places, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self.pid, self.fd = _fork_into_terminal()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-c", program], {**os.environ, **named, **variables})
        _resize(self.fd, 80, 24)

    def read_until(self, wanted: bytes, seconds: float = 15.0) -> bytes:
        """Return what is written until `wanted` appears, or until the time is up."""
        found, end = b"", time.monotonic() + seconds
        while wanted not in found and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    found += os.read(self.fd, 65_536)
                except OSError:
                    break
        return found

    def read_for(self, seconds: float) -> bytes:
        """Return what is written within this time."""
        return self.read_until(b"\x00nothing says this", seconds)

    def read_some(self, seconds: float) -> bytes:
        """Return what is written next; empty if nothing is within this time."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 65_536)
        except OSError:
            return b""

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self.fd, keys)

    def ended_after(self, seconds: float = 5.0) -> float:
        """Return how long it took the process to end."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if _reaped(self.pid):
                self.pid = 0
                return time.monotonic() - begun
            with contextlib.suppress(OSError):
                if select.select([self.fd], [], [], 0.01)[0]:
                    os.read(self.fd, 65_536)
        return seconds


@contextlib.contextmanager
def terminal(program: str, **variables: str) -> Iterator[Terminal]:
    """Run a program in a terminal; end it afterwards if it still runs."""
    made = Terminal(program, variables)
    try:
        yield made
    finally:
        if made.pid:
            _kill(made.pid)
        with contextlib.suppress(OSError):
            os.close(made.fd)


if sys.platform == "win32":

    def _fork_into_terminal() -> tuple[int, int]:
        raise OSError

    def _resize(descriptor: int, width: int, height: int) -> None:
        raise OSError

    def _reaped(pid: int) -> bool:
        raise OSError

    def _kill(pid: int) -> None:
        raise OSError
else:

    def _fork_into_terminal() -> tuple[int, int]:
        return pty.fork()

    def _resize(descriptor: int, width: int, height: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _reaped(pid: int) -> bool:
        return bool(os.waitpid(pid, os.WNOHANG)[0])

    def _kill(pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
