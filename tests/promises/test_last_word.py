"""`serve`'s last word is true: whether clients are measured stands in its last line, and each change is said once."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.serve.consent_watch import POLL_SECONDS
from support.installed import LONGEST, NOT_YET, Home, wait_until
from support.servers import ask, free_port, wait_for
from support.stand_in import stand_in
from support.store_files import store_path
from support.timely import in_time

STATUS: Final = "(shimmy config --metrics status)"
OURS: Final = "shimmy-metrics: "

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own is measured on Linux alone")


class Served:
    """A running `serve`, and the lines that it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, where: str) -> None:
        self.process = process
        self.port = port
        self.where = where
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if NOT_YET not in line:
                self.lines.append(line.rstrip("\n").removeprefix(OURS))

    def said(self, *lines: str) -> None:
        """Wait until so many lines were said, and see that they are these: a line's beginning is enough."""
        wait_until(lambda: len(self.lines) >= len(lines))
        assert len(self.lines) == len(lines), self.lines
        for line, expected in zip(self.lines, lines, strict=True):
            assert line.startswith(expected), self.lines

    def ended(self) -> list[str]:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(LONGEST)
        self._thread.join(LONGEST)
        return self.lines


@pytest.fixture(params=["child", "upstream"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    return home.having(SHIMMY_BIN=str(stand_in(tmp_path)))


@contextlib.contextmanager
def serving(home: Home, kind: str) -> Iterator[Served]:
    port = free_port()
    bind = ("--bind", f"127.0.0.1:{port}")
    if kind == "child":
        with home.started("serve", *bind) as process:
            wait_for(port, process)
            yield Served(process, port, f"http://127.0.0.1:{port}")
    else:
        with ToyServer() as toy, home.started("serve", "--upstream", toy.url, *bind) as process:
            wait_for(port, process)
            yield Served(process, port, f"http://127.0.0.1:{port}, for {toy.url}")


def garbage(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no database" * 400)


def test_it_measures(home: Home, kind: str) -> None:
    home.agree()
    with serving(home, kind) as served:
        served.said(f"measured at {served.where} {STATUS}")
        assert ask(served.port)[0] == 200
        assert len(served.ended()) == 1


@pytest.mark.parametrize("starts", [2, pytest.param(20, marks=pytest.mark.long)])
def test_with_an_unusable_store_it_never_says_that_it_measures(home: Home, kind: str, starts: int) -> None:
    home.agree()
    garbage(store_path(home.profile))
    for _ in range(starts):
        with serving(home, kind) as served:
            served.said(f"not measured, passed on at {served.where}: {store_path(home.profile)}: is no database. ")
            assert ask(served.port)[0] == 200
            assert len(served.ended()) == 1


def test_a_store_that_takes_no_figures_any_more_is_said_and_so_is_that_it_takes_them_again(
    home: Home, kind: str
) -> None:
    home.agree()
    with serving(home, kind) as served:
        measured = f"measured at {served.where} {STATUS}"
        served.said(measured)
        other = sqlite3.connect(store_path(home.profile), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        unsaved = f"measured at {served.where}, but its figures cannot be saved now: {store_path(home.profile)}: "
        assert wait_until(lambda: ask(served.port)[0] == 200 and len(served.lines) > 1)
        served.said(measured, unsaved)
        other.execute("ROLLBACK")
        other.close()
        served.said(measured, unsaved, measured)
        assert len(served.ended()) == 3


def test_a_store_that_another_program_holds_delays_no_no(home: Home, kind: str) -> None:
    home.agree()
    with serving(home, kind) as served:
        served.said(f"measured at {served.where} {STATUS}")
        other = sqlite3.connect(store_path(home.profile), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        # The store's thread waits for the store, and has said so.
        assert wait_until(lambda: ask(served.port)[0] == 200 and len(served.lines) > 1)
        began = time.monotonic()
        home.edit_config(home.profile.config_path.read_text().replace("true", "false"))
        assert wait_until(lambda: served.lines[-1].startswith("no longer measured, passed on at "))
        assert in_time(time.monotonic() - began, 1.0)
        other.execute("ROLLBACK")
        other.close()
        assert wait_until(lambda: _sessions(home) == [])


def test_a_no_and_a_yes_while_it_runs(home: Home, kind: str) -> None:
    home.agree()
    with serving(home, kind) as served:
        lines = [f"measured at {served.where} {STATUS}"]
        served.said(*lines)
        home.metrics("disable")
        lines.append(f"no longer measured, passed on at {served.where} {STATUS}")
        served.said(*lines)
        home.agree()
        if kind == "upstream":  # a yes counts there at once, elsewhere from the server's next start
            lines.append(f"measured at {served.where} {STATUS}")
        served.said(*lines)
        assert ask(served.port)[0] == 200
        assert len(served.ended()) == len(lines)


def test_another_yes_while_it_measures(home: Home, kind: str) -> None:
    home.agree()
    with serving(home, kind) as served:
        lines = [f"measured at {served.where} {STATUS}"]
        served.said(*lines)
        first = _sessions(home)
        told = json.loads(home.profile.config_path.read_text())
        told["metrics"]["session_id"] = str(uuid.uuid4())
        home.edit_config(json.dumps(told))
        if kind == "child":
            lines.append(f"no longer measured, passed on at {served.where}: your new answer counts from the server's")
            served.said(*lines)
        else:  # another session, and nothing has changed in what was said
            assert wait_until(lambda: _sessions(home) not in ([], first))
        assert len(served.ended()) == len(lines)


def _sessions(home: Home) -> list[str]:
    return [each["session_id"] for each in json.loads(home.metrics("export").stdout)["sessions"]]


@pytest.mark.parametrize("from_start", [True, False])
def test_a_config_that_cannot_be_read_meanwhile(home: Home, from_start: bool) -> None:
    home.agree()
    path = home.profile.config_path
    sound = path.read_text()
    if from_start:
        path.write_text("{")
    with serving(home, "upstream") as served:
        lines = []
        if not from_start:
            lines.append(f"measured at {served.where} {STATUS}")
            served.said(*lines)
            home.edit_config("{")
        word = "not measured" if from_start else "no longer measured"
        lines.append(f"{word}, passed on at {served.where}: {path}:1: ")
        served.said(*lines)
        home.edit_config(sound)
        lines.append(f"measured at {served.where} {STATUS}")
        served.said(*lines)
        assert len(served.ended()) == len(lines)


def test_a_yes_behind_upstream_is_the_last_word(home: Home) -> None:
    with serving(home, "upstream") as served:
        lines = [f"not measured, passed on at {served.where} {STATUS}"]
        served.said(*lines)
        home.agree()
        lines.append(f"measured at {served.where} {STATUS}")
        served.said(*lines)
        assert len(served.ended()) == 2


def test_a_store_that_was_put_right_is_tried_again_at_the_next_yes(home: Home) -> None:
    home.agree()
    garbage(store_path(home.profile))
    with serving(home, "upstream") as served:
        lines = [f"not measured, passed on at {served.where}: {store_path(home.profile)}: is no database"]
        served.said(*lines)
        store_path(home.profile).unlink()
        home.metrics("disable")
        lines.append(f"not measured, passed on at {served.where} {STATUS}")
        served.said(*lines)
        home.agree()
        lines.append(f"measured at {served.where} {STATUS}")
        served.said(*lines)
        assert len(served.ended()) == 3


def test_a_no_at_the_instant_of_the_start(home: Home, kind: str) -> None:
    """At whatever instant it comes, the last line says what is so, and nothing is counted after it."""
    for milliseconds in range(0, 300, 50):
        home.agree()
        no = home.profile.config_path.read_text().replace("true", "false")
        timer = threading.Timer(milliseconds / 1000, home.edit_config, [no])
        timer.start()
        with serving(home, kind) as served:
            timer.join()
            # Where the no came first there is no session; a child's start is then handed over, without a word.
            time.sleep(3 * POLL_SECONDS)
            assert wait_until(lambda: not _wrongly_measured(served.lines)), served.lines
            assert len(set(served.lines)) == len(served.lines)
            assert ask(served.port)[0] == 200
            served.ended()
            assert not _wrongly_measured(served.lines), served.lines


def _wrongly_measured(lines: list[str]) -> bool:
    return bool(lines) and lines[-1].startswith("measured at")


def _fill(reading_end: int) -> None:
    """Write into a pipe, of which we hold the other end, until no byte more fits."""
    descriptor = os.open(f"/proc/self/fd/{reading_end}", os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"x")
    os.close(descriptor)


def test_standard_error_that_nobody_reads_holds_up_nothing(home: Home) -> None:
    """The pipe is full: what is said waits for a reader, and the relay does not."""
    with ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            assert process.stderr is not None
            _fill(process.stderr.fileno())
            wait_for(port, process)
            home.agree()  # a change to be said
            assert wait_until(lambda: bool(_sessions(home)))
            for _ in range(5):
                assert ask(port)[0] == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(LONGEST) == -signal.SIGINT
