"""The demo tells the whole story in a sandbox, and however it is left, nothing of it stays."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shimmy_metrics.demo import run as demo
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver, Received
from shimmy_metrics.report.validate import validate_body
from support import samples
from support.installed import BIN, LONGEST, Home, wait_until
from support.quick_demo import PROGRAM, command
from support.servers import listening
from support.terminal import TESTS, Terminal, terminal
from support.tmux import Pane, needs_tmux, panes


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "tmp").mkdir()
    return Home(tmp_path, {"TMPDIR": str(tmp_path / "tmp")})


def test_without_a_terminal_it_is_told_in_lines_and_everything_is_deleted(home: Home) -> None:
    # Switches of the person's own say nothing about a sandbox; and a script's background ignores SIGINT.
    switched = home.having(DO_NOT_TRACK="1", CI="1", SHIMMY_METRICS_ENDPOINT="https://elsewhere.example/")
    script = "trap '' INT; exec \"$0\" demo"
    told = subprocess.run(
        ["/bin/sh", "-c", script, str(BIN / "shimmy")],
        env=switched.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert "sandbox" in lines[0]
    arrived = next(index for index, line in enumerate(lines) if "The receiver got" in line and "answered 200" in line)
    body = lines[arrived + 1].strip()
    assert validate_body(body.encode()) == []
    answered = re.search(r"after ([0-9,]+) answered request", told.stdout)
    assert answered is not None
    assert json.loads(body)["metrics"]["requests_per_session"] >= int(answered[1])
    assert [path.name for path in home.root.iterdir()] == ["tmp"]
    assert list((home.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_left_in_the_middle_it_leaves_neither_a_folder_nor_a_meter(home: Home, number: signal.Signals) -> None:
    with home.started("demo") as process:
        assert process.stdout is not None
        line = ""
        while not line.startswith("2."):
            line = process.stdout.readline()
            assert line
        port = re.search(r"meter in front of it at http://127.0.0.1:(\d+)", line)
        assert port is not None
        assert listening(int(port[1]))
        process.send_signal(number)
        # A shell shows 128 + number for both ends.
        assert process.wait(LONGEST) == (-number if number is signal.SIGINT else 128 + number)
        assert wait_until(lambda: not listening(int(port[1])))
    assert list((home.root / "tmp").iterdir()) == []


def test_what_arrived_is_counted_in_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (samples.sealed(f"c0ffee00-0000-4000-8000-00000000000{number}").body for number in (1, 2))
    with LoopbackReceiver() as receiver:
        receiver.received.extend([Received((), one, 200), Received((), b"[" + one + b"," + two + b"]", 200)])
        demo._print_outcome(samples.profile(tmp_path), receiver)
    assert "The receiver got 3 reports in 2 requests, the last one:" in capsys.readouterr().out


# --- with the app --------------------------------------------------------------------------------------------------

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")

METER = b"shimmy_metrics.demo"
OURS = {METER, b"shimmy_metrics.delivery"}

ALL_THE_TIME = 0.05
"""So short a run that the server is being stopped or started at almost every instant."""


def processes(home: Home) -> set[int]:
    """Return the meters and senders that run for this home's sandbox."""
    every = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
    return {number for number in every if _belongs(number, home) and not OURS.isdisjoint(_words(number))}


def meters(home: Home) -> set[int]:
    """Return the meter's process, empty while it is being started anew."""
    return {number for number in processes(home) if METER in _words(number)}


def sandbox(home: Home) -> Path:
    """Return the demo's folder."""
    (folder,) = (home.root / "tmp").glob("shimmy-demo-*")
    return folder


def _belongs(number: int, home: Home) -> bool:
    try:
        return f"TMPDIR={home.root / 'tmp'}".encode() in Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _words(number: int) -> list[bytes]:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def started_anew(home: Home) -> bool:
    """Wait until another meter runs than now."""
    assert wait_until(lambda: bool(meters(home)), LONGEST)
    before = meters(home)
    return wait_until(lambda: bool(meters(home) - before), LONGEST)


@pytest.fixture
def pane(home: Home) -> Iterator[Pane]:
    with panes() as made:
        variables = {**home.environment, "PYTHONPATH": str(TESTS), "TERM": "xterm-256color"}
        yield made(100, 30, command(1.0), **variables)


@needs_tmux
@needs_proc
def test_with_the_app_sessions_end_and_after_a_yes_their_reports_are_sent_and_compared(home: Home, pane: Pane) -> None:
    assert pane.shows("May Shimmy report how it is used?")
    assert started_anew(home)
    state = sandbox(home) / "state"
    assert not state.exists()  # a session ended, and without a yes nothing of it was kept, let alone sealed
    pane.press("e")
    assert pane.shows("metrics on")
    pane.press("3")
    sent = re.compile(r"(\d+) reports were sent")
    assert wait_until(lambda: bool(sent.search(pane.text())), LONGEST), pane.text()
    pane.press("G")
    pane.press("m")
    assert pane.shows("compared")
    pane.press("g")
    pane.press("Enter")
    assert pane.shows("Since that report"), pane.text()
    assert pane.shows("not compared: session_id and timestamp")
    pane.press("Escape")  # a q that follows another at once does not quit
    assert pane.loses("Since that report")
    pane.press("q")
    assert pane.ended()
    assert "Deleted:" in pane.text()
    said = " ".join(pane.text().split())
    assert "the commands that it names, typed elsewhere, act on your own files." in said
    assert "Counted were those that came while you had said yes, or only for me." in said
    assert processes(home) == set()
    assert list((home.root / "tmp").iterdir()) == []


def _hung_up(made: Terminal) -> None:
    os.close(made.fd)
    made.fd = os.open(os.devnull, os.O_RDWR)


LEAVING: dict[str, Callable[[Terminal], None]] = {
    "q": lambda made: made.press(b"q"),
    "its terminal closed": _hung_up,
    "SIGTERM": lambda made: os.kill(made.pid, signal.SIGTERM),
    "SIGKILL": lambda made: os.kill(made.pid, signal.SIGKILL),
}


@needs_proc
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=[] if how == "q" else pytest.mark.thorough) for how in LEAVING]
)
def test_left_while_the_server_is_started_anew_it_leaves_no_process_and_no_folder(home: Home, how: str) -> None:
    program = PROGRAM.format(seconds=ALL_THE_TIME)
    with terminal(program, **home.environment) as made:
        assert b"May Shimmy report" in made.read_until(b"May Shimmy report")
        store = sandbox(home) / "state/shimmy/metrics.db"
        end = time.monotonic() + LONGEST
        while not store.exists() and time.monotonic() < end:
            made.press(b"e")  # one that comes too early is no answer
            made.read_for(0.6)
        assert started_anew(home)  # with a session to seal at each of its ends
        LEAVING[how](made)
        assert made.ended_after(LONGEST) < LONGEST
        assert wait_until(lambda: not processes(home)), [_words(each) for each in processes(home)]
    if how == "SIGKILL":
        assert sandbox(home).is_dir()  # nobody was left to delete it
    else:
        assert list((home.root / "tmp").iterdir()) == []


def test_of_a_client_that_leaves_before_its_answer_is_whole_the_toy_server_says_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    body = b'{"stream": true}'
    with ToyServer() as toy:
        port = int(toy.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            assert client.recv(1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closed with a reset
        assert wait_until(lambda: not any("process_request" in each.name for each in threading.enumerate()))
    assert capfd.readouterr().err == ""
