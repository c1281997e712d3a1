"""A terminal that goes away ends the app within a second, also where SIGHUP is ignored; Ctrl+Z comes back."""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no pty", allow_module_level=True)

import fcntl
import pty
import struct
import termios

PROGRAM = """
import signal, sys
from pathlib import Path
if {ignored}:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from support import opened
opened.living(Path({root!r})).run(mouse=False)
"""


class Terminal:
    """The app in a terminal of its own, and what it wrote there."""

    def __init__(self, root: Path, *, ignored: bool) -> None:
        tests = Path(__file__).resolve().parents[1]
        places = os.pathsep.join([str(tests), str(tests.parent / "tui")])
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            variables = {**os.environ, "PYTHONPATH": places, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
            program = PROGRAM.format(ignored=ignored, root=str(root))
            os.execve(sys.executable, [sys.executable, "-c", program], variables)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read_until(self, wanted: bytes, seconds: float = 15.0) -> bytes:
        """Return what was written until `wanted` stood there."""
        found, end = b"", time.monotonic() + seconds
        while wanted not in found and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    found += os.read(self.fd, 65_536)
                except OSError:
                    break
        return found

    def ended_after(self, seconds: float = 5.0) -> float:
        """Return how long it took the process to end."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self.pid = 0
                return time.monotonic() - begun
            with contextlib.suppress(OSError):
                if select.select([self.fd], [], [], 0.01)[0]:
                    os.read(self.fd, 65_536)
        return seconds


@contextlib.contextmanager
def terminal(root: Path, *, ignored: bool = False) -> Iterator[Terminal]:
    made = Terminal(root, ignored=ignored)
    try:
        assert b"Start one" in made.read_until(b"Start one")
        yield made
    finally:
        if made.pid:
            os.kill(made.pid, signal.SIGKILL)
            os.waitpid(made.pid, 0)
        with contextlib.suppress(OSError):
            os.close(made.fd)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it_and_gives_the_terminal_back(tmp_path: Path, number: signal.Signals) -> None:
    with terminal(tmp_path) as made:
        os.kill(made.pid, number)
        assert b"\x1b[?1049l" in made.read_until(b"\x1b[?1049l", 2.0)
        assert made.ended_after() < 1.0


@pytest.mark.parametrize("ignored", [False, True], ids=["hung up", "hang-up ignored"])
def test_a_terminal_that_vanishes_ends_it_within_a_second(tmp_path: Path, ignored: bool) -> None:
    with terminal(tmp_path, ignored=ignored) as made:
        time.sleep(0.2)
        os.close(made.fd)
        assert made.ended_after() < 2.0


def test_the_cursor_is_shown_and_suspending_comes_back(tmp_path: Path) -> None:
    with terminal(tmp_path) as made:
        made.read_until(b"nothing else", 0.5)
        os.write(made.fd, b"\x1a")
        assert b"\x1b[?1049l" in made.read_until(b"\x1b[?1049l", 2.0)
        time.sleep(0.3)
        os.kill(made.pid, signal.SIGCONT)
        back = made.read_until(b"Start one", 3.0)
        assert b"Start one" in back
        assert b"\x1b[?25h" in back + made.read_until(b"nothing else", 0.5)
        os.write(made.fd, b"q")
        assert made.ended_after() < 2.0
