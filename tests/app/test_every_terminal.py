"""The installed app in every kind of terminal, at every size, through resizes at any moment, to the shell and back."""

import itertools
import os
import signal
import time
from pathlib import Path

import pytest

from support.home_terminal import Terminal, terminal
from support.installed import LONGEST, Home, wait_until

TERMS = ("xterm-256color", "xterm", "screen-256color", "tmux-256color", "linux", "vt100", "ansi")
SIZES = ((60, 20), (40, 12), (20, 6), (1, 1), (80, 24))
KEYS = ("1", "2", "l", "w", "3", "4", "j", "G", "c", "\t", "?", "1", "x", "n")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.agree()
    return made


def _opened(there: Terminal) -> None:
    assert there.shows("No measured server is running")


def _back(there: Terminal) -> None:
    """Answer what may still be asked, and go to the first screen."""

    def stands() -> bool:
        text = there.text()
        return "No measured server is running" in text and "Export everything" not in text

    # More and more time: an app that is behind with what was typed would be given still more to do.
    for seconds in (0.5, 1, 2, 4, 8, 16):
        there.type("nR1")  # R: in a storm Textual may drop a frame between two screens
        if wait_until(stands, seconds):
            return
    raise AssertionError(there.text())


def _left(there: Terminal) -> None:
    there.type("1")

    def quits() -> bool:
        if there.process.poll() is None:
            there.type("q")
        time.sleep(1.1)  # a q soon after one that went back is refused
        return there.process.poll() == 0

    assert wait_until(quits, LONGEST)
    assert wait_until(lambda: b"\x1b[?1049l" in there.output)  # what it said last may still be on its way
    assert b"Traceback" not in there.output


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "xterm-256color" else pytest.mark.thorough) for name in TERMS]
)
def test_every_screen_stands_in_every_terminal_at_every_size(home: Home, name: str) -> None:
    with terminal(home.having(TERM=name), "shimmy", "tui") as there:
        _opened(there)
        for width, height in SIZES:
            there.resize(width, height)
            for pressed in KEYS:
                there.type(pressed)
                time.sleep(0.01)
        _back(there)
        # At 80 x 24 it says all of it again. An app that is behind may still have keys of the storm before it.
        assert there.insist("nR1", lambda: "q Quit" in there.text(), LONGEST)
        _left(there)


@pytest.mark.thorough
def test_a_storm_of_resizes_while_keys_are_pressed(home: Home) -> None:
    with terminal(home, "shimmy", "tui") as there:
        _opened(there)
        sizes = itertools.cycle([*SIZES, (200, 60), (8, 3)])
        for pressed in itertools.islice(itertools.cycle(KEYS), 150):
            there.resize(*next(sizes))
            there.type(pressed)
            time.sleep(0.003)
        there.resize(80, 24)
        _back(there)
        _left(there)


def test_to_the_shell_and_back_by_key_and_from_outside_also_in_another_size(home: Home) -> None:
    with terminal(home, "/bin/bash", "--norc", "--noprofile", "-i") as there:
        there.type("shimmy tui\r")
        _opened(there)
        there.type("\x1a")
        assert there.printed("Stopped")
        there.resize(60, 20)
        there.output = b""
        there.type("fg\r")
        _opened(there)
        assert there.shows("q")
        assert there.cursor[2]
        os.killpg(_foreground(there), signal.SIGTSTP)
        assert wait_until(lambda: there.output.count(b"Stopped") == 1)
        there.output = b""
        there.type("fg\r")
        assert wait_until(lambda: b"\x1b[?1049h" in there.output)
        _opened(there)
        there.type("q")
        assert wait_until(lambda: b"\x1b[?1049l" in there.output)
        # The shell's prompt: what is typed before the app gave the terminal back is dropped with it.
        assert wait_until(lambda: there.output.rpartition(b"\x1b[?1049l")[2].rstrip(b" ").endswith((b"#", b"$")))
        there.type("echo left=$?\r")
        assert there.printed("left=0")


def test_the_cursor_is_seen_and_stands_where_the_mark_the_focus_or_the_question_is(home: Home) -> None:
    with terminal(home, "shimmy", "tui") as there:
        _opened(there)

        def on(row_begins: str) -> bool:
            def stands() -> bool:
                row, _, seen = there.cursor
                return seen and there.text().splitlines()[row].startswith(row_begins)

            return wait_until(stands)

        there.type("4")
        assert on("›  session_duration_minutes")
        there.type("j")
        assert on("›  requests_per_session")
        there.type("/")
        assert on(" memory")
        there.type("model\r")
        assert on("›  model names")
        there.type("c")
        assert on(" Metrics are on, last changed")
        there.type("\t\t\t\t")
        assert on("›  n  Withdraw")
        there.type("\r")
        assert on("── Withdraw?")
        there.type("n")
        assert on("›  n  Withdraw")
        there.type("qx")
        assert on("── Export everything")
        there.type("p")
        assert on(" ~/shimmy-metrics")
        there.type("\x1b")
        assert on("── Export everything")
        there.type("n:")
        assert on(" Type the name")
        there.type("\x1b")
        assert on("›  model names")
        there.type("2\t")
        assert on(" y Save")


def _foreground(there: Terminal) -> int:
    """Return the foreground process group of the terminal."""
    fields = Path(f"/proc/{there.process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[5])
