"""A terminal that goes away ends the app within a second, also where SIGHUP is ignored; Ctrl+Z comes back."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.installed import LONGEST, wait_until
from support.terminal import Terminal, terminal
from support.timely import in_time

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

PROGRAM = """
import signal
from pathlib import Path
if {ignored}:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from support import opened
opened.living(Path({root!r})).run(mouse=False)
"""


def _unread(made: Terminal) -> int:
    """Return how many bytes of what the app wrote nobody has read."""
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(made.fd, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@contextmanager
def app(root: Path, *, ignored: bool = False) -> Iterator[Terminal]:
    with terminal(PROGRAM.format(ignored=ignored, root=str(root))) as made:
        assert b"Start one" in made.read_until(b"Start one")
        yield made


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_signal_ends_it_and_gives_the_terminal_back(tmp_path: Path, name: str) -> None:
    with app(tmp_path) as made:
        os.kill(made.pid, signal.Signals[name])
        assert b"\x1b[?1049l" in made.read_until(b"\x1b[?1049l")
        assert in_time(made.ended_after(LONGEST), 1.0)


def test_a_cut_line_leaves_a_terminal_in_which_a_shell_can_be_used(tmp_path: Path) -> None:
    with terminal(PROGRAM.format(ignored=False, root=str(tmp_path))) as made:
        written = made.read_until(b"Start one")
        for key in (b"2", b"4", b"j", b"/", b"\r", b":", b"\x1b", b"c", b"\t"):
            made.press(key)
            while more := made.read_some(0.5):  # to the end of what it draws
                written += more
    modes = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", written))
    on = {mode for mode, state in modes.items() if state == b"h"}
    assert on - {b"2026"} == {b"7", b"25", b"1049", b"2004"}  # wrapping, cursor, alternate screen, bracketed paste
    assert not re.search(rb"\x1b\[[<>=][\d;]*u", written)  # nor the keyboard protocol


@pytest.mark.parametrize("ignored", [False, True], ids=["hung up", "hang-up ignored"])
def test_a_terminal_that_vanishes_ends_it_within_a_second(tmp_path: Path, ignored: bool) -> None:
    def took(number: int) -> float:
        with app(tmp_path / str(number), ignored=ignored) as made:
            os.close(made.fd)
            return made.ended_after(LONGEST)

    assert in_time(min(map(took, range(2))), 1.0)


@pytest.mark.parametrize("ignored", [False, True], ids=["hung up", "hang-up ignored"])
def test_a_terminal_that_stopped_reading_and_then_vanishes_ends_it_as_well(tmp_path: Path, ignored: bool) -> None:
    """The app then stands still in the middle of writing; what ends it stands beside its loop."""
    with app(tmp_path, ignored=ignored) as made:
        unread = [-1]
        while wait_until(lambda: _unread(made) > unread[-1], 1.0):
            unread.append(_unread(made))
            made.press(b"R")  # a whole screen each, which nobody takes
        os.close(made.fd)
        assert in_time(made.ended_after(LONGEST), 3.0)


def test_the_cursor_is_shown_and_suspending_comes_back(tmp_path: Path) -> None:
    with app(tmp_path) as made:
        made.press(b"\x1a")
        assert b"\x1b[?1049l" in made.read_until(b"\x1b[?1049l")
        assert wait_until(lambda: os.WIFSTOPPED(os.waitpid(made.pid, os.WUNTRACED | os.WNOHANG)[1]))
        os.kill(made.pid, signal.Signals["SIGCONT"])
        back = made.read_until(b"Start one")
        assert b"Start one" in back
        assert b"\x1b[?25h" in back or b"\x1b[?25h" in made.read_until(b"\x1b[?25h")
        made.press(b"q")
        assert in_time(made.ended_after(LONGEST), 2.0)
