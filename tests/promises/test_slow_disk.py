"""Nothing that the disk does reaches the relay: its thread opens no file; a disk that stands still delays no byte."""

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.delivery.seal import recover_crashed
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.store.database import opened
from support import receiver as behave
from support import slow_sender
from support.installed import BIN, LONGEST, Home, announced, wait_until
from support.processes import no_sender
from support.receiver import Receiver
from support.samples import FACTS
from support.servers import ask, chat, free_port, wait_for
from support.slow_disk import PROGRAM
from support.stand_in import stand_in
from support.timely import in_time

STRACE: Final = shutil.which("strace")
TESTS: Final = Path(__file__).parent.parent

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(sys.platform != "linux", reason="a server of our own is measured on Linux alone"),
]


@pytest.fixture(params=["child", "upstream"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _words(kind: str, url: str, port: int) -> list[str]:
    bind = ["--bind", f"127.0.0.1:{port}"]
    return ["serve", *bind] if kind == "child" else ["serve", "--upstream", url, *bind]


def _longest(port: int, seconds: float) -> float:
    """Ask again and again for so long; return the longest time in which an answer came."""
    end, longest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        began = time.monotonic()
        assert ask(port)[0] == 200
        longest = max(longest, time.monotonic() - began)
    return longest


def test_a_disk_that_stands_still_delays_no_byte_and_no_end(tmp_path: Path, kind: str) -> None:
    home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path)), "PYTHONPATH": str(TESTS)})
    home.metrics("enable")
    port = free_port()
    with ToyServer() as toy, home.started_program([*PROGRAM, "5", *_words(kind, toy.url, port)]) as process:
        wait_for(port, process)
        assert announced(process).startswith("shimmy-metrics: measured at ")
        (home.root / "slow").touch()
        assert in_time(_longest(port, 2.5), 0.5)  # figures are written meanwhile
        os.utime(home.profile.config_path)  # to be read again
        assert in_time(_longest(port, 1.5), 0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(LONGEST)
        assert in_time(time.monotonic() - began, 1.0)


def _stopped_while_its_sender_starts(home: Home, when: str, words: list[str], port: int) -> None:
    """Run a measured server whose session's thread hangs at the start of its sender, and stop it."""
    with home.started_program([*slow_sender.PROGRAM, "5", when, *words]) as process:
        wait_for(port, process)
        assert announced(process).startswith("shimmy-metrics: measured at ")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(LONGEST)
        assert in_time(time.monotonic() - began, 1.0)


def test_where_the_exit_cannot_wait_for_the_sender_s_start_another_process_does_it(tmp_path: Path, kind: str) -> None:
    with LoopbackReceiver() as receiver, ToyServer() as toy:
        variables = {"PYTHONPATH": str(TESTS), "SHIMMY_METRICS_ENDPOINT": receiver.url}
        home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path)), **variables})
        home.metrics("enable")
        port = free_port()
        _stopped_while_its_sender_starts(home, "before", _words(kind, toy.url, port), port)
        assert wait_until(lambda: len(receiver.received) == 1)


def test_where_two_senders_are_started_for_one_end_they_make_one_attempt_and_it_counts_once(tmp_path: Path) -> None:
    with Receiver(tmp_path, behave.status(500)) as receiver:
        variables = {"PYTHONPATH": str(TESTS), **receiver.variables}
        home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path)), **variables})
        home.metrics("enable")
        for attempts, failures in ((1, 1), (2, 2), (2, 2), (3, 3)):  # the third end is passed over
            port = free_port()
            _stopped_while_its_sender_starts(home, "after", _words("child", "", port), port)
            no_sender(home)
            assert len(receiver.received) == attempts
            assert json.loads(home.metrics("status", "--json").stdout)["failures_in_a_row"] == failures
        why = "third session from now ends: 3 attempts in a row failed, so 2 sessions end without one"
        assert why in home.metrics("status").stdout


def test_what_the_exit_could_not_seal_is_sealed_whole_whoever_starts_meanwhile(tmp_path: Path, kind: str) -> None:
    with LoopbackReceiver() as receiver, ToyServer() as toy:
        home = Home(
            tmp_path,
            {
                "SHIMMY_BIN": str(stand_in(tmp_path)),
                "PYTHONPATH": str(TESTS),
                "SHIMMY_METRICS_ENDPOINT": receiver.url,
            },
        )
        home.metrics("enable")
        port = free_port()
        with home.started_program([*PROGRAM, "5", *_words(kind, toy.url, port)]) as process:
            wait_for(port, process)
            assert announced(process).startswith("shimmy-metrics: measured at ")
            (home.root / "slow").touch()  # nothing is written any more
            for _ in range(7):
                assert ask(port)[0] == 200
            process.send_signal(signal.SIGINT)
            process.wait(LONGEST)
            # At this very moment the next one starts, and finds a session whose process is gone.
            with opened(home.profile) as db:
                recover_crashed(home.profile, db, FACTS)
            assert wait_until(lambda: len(receiver.received) == 1)
    assert json.loads(receiver.received[0].body)["metrics"]["requests_per_session"] == 7
    assert not list(home.profile.state_path.glob("session-*.lock"))


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_the_relay_s_thread_touches_no_file(tmp_path: Path, kind: str) -> None:
    assert STRACE is not None
    home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path))})
    home.metrics("enable")
    port, trace = free_port(), tmp_path / "trace"
    calls = "trace=%file,%desc,write"
    with ToyServer() as toy:
        command = [STRACE, "-f", "-ttt", "-y", "-e", calls, "-o", str(trace), str(BIN / "shimmy")]
        with home.started_program([*command, *_words(kind, toy.url, port)]) as process:
            try:
                wait_for(port, process)
                assert announced(process).startswith("shimmy-metrics: measured at ")
                began = time.time()
                for _ in range(3):
                    ask(port)
                    if kind == "upstream":
                        chat(port, stream=True)
                home.metrics("disable")  # a deletion, and a line to be said
                assert announced(process).startswith("shimmy-metrics: no longer measured")
                ask(port)
                ended = time.time()
                main = int(trace.read_text().split(maxsplit=1)[0])
                os.kill(main, signal.SIGINT)
                process.wait(LONGEST)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
    assert wait_until(trace.exists)
    lines = [line.split(maxsplit=2) for line in trace.read_text().splitlines()]
    meanwhile = [(int(thread), call) for thread, at, call in lines if began < float(at) < ended]
    others = [call for thread, call in meanwhile if thread != main]
    assert any("metrics.db" in call for call in others)  # the trace sees such calls
    ours = [call for thread, call in meanwhile if thread == main]
    assert ours
    # Sockets, the pollers and Python's own wake-up are no disk; a path in quotes or behind a descriptor is.
    assert [call for call in ours if re.search(r'"/|<(?!/dev/pts)/', call)] == []
