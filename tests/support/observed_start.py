"""A server's start as an outside observer sees it, who polls the processes and connects."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from support.installed import Home, stop, wait_until
from support.servers import free_port, wait_for

_PAUSE: Final = 0.0003
_ROUNDED_MS: Final = 0.5


class Span(NamedTuple):
    """An instant between two polls, in monotonic seconds."""

    before: float
    after: float


class SeenStart(NamedTuple):
    """When the server's program was executed, and when it first took a connection."""

    executed: Span
    listened: Span

    def is_longer_than(self, milliseconds: int) -> bool:
        """Whether less was measured than certainly lay between the two, which no load can bring about."""
        return milliseconds < 1000 * (self.listened.before - self.executed.after) - _ROUNDED_MS

    def agrees(self, milliseconds: int) -> bool:
        """Whether no more was measured than this, 5 ms and a tenth: where the watch itself did not have to wait."""
        return milliseconds <= 1.1 * 1000 * (self.listened.after - self.executed.before) + 5


@contextmanager
def first_of_all() -> Iterator[tuple[str, ...]]:
    """Take the highest priority, where allowed; yield the words that start a command with the next one below.

    A process that waits for the processor observes an instant late.
    """
    usual = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(2))
    except PermissionError:
        yield ()
        return
    try:
        yield ("chrt", "--rr", "1")
    finally:
        os.sched_setscheduler(0, *usual)


def see_start(process: "subprocess.Popen[str]", server: Path, began: float) -> SeenStart:
    """Watch a command that starts the server as its child, and did not run yet at `began` on the monotonic clock."""
    last = began
    while True:
        now = time.monotonic()
        pid = next((each for each in children(process.pid) if str(server) in command_of(each)), None)
        executed, last = Span(last, time.monotonic()), now
        if pid is not None:
            return SeenStart(executed, _listened(_inner_address(pid), executed.after))
        time.sleep(_PAUSE)


def measured_ms(home: Home) -> int | None:
    """Return what was measured of the start of the one session that runs, waiting until the store has it."""
    sessions: list[dict[str, Any]] = []

    def stored() -> bool:
        sessions[:] = json.loads(home.metrics("export").stdout)["sessions"]
        return bool(sessions)

    assert wait_until(stored)
    measured: int | None = sessions[0]["counters"]["startup_ms"]
    return measured


def assert_measured_as_seen(folder: Path, server: Path, number: int, *words: str) -> None:
    """Start the server under `serve` until more than half of so many starts were measured as no longer than they were.

    None may be measured as shorter. Twice as many are tried: on a busy machine what measures may have to wait.
    """
    both: list[tuple[int, SeenStart]] = []
    with first_of_all() as before:
        for index in range(2 * number):
            home = Home(folder / str(index), {"SHIMMY_BIN": str(server)}, before)
            home.root.mkdir()
            home.metrics("enable")
            port = free_port()
            began = time.monotonic()
            with home.started("serve", "--bind", f"127.0.0.1:{port}", *words) as process:
                seen = see_start(process, server, began)
                wait_for(port, process)
                own = measured_ms(home)
                stop(process)
            assert own is not None
            assert not seen.is_longer_than(own), (own, seen)
            both.append((own, seen))
            if sum(seen.agrees(own) for own, seen in both) > number / 2:
                return
    raise AssertionError(both)


def children(pid: int) -> list[int]:
    """Return the processes that the process's main thread started and that are still there."""
    return [int(each) for each in _text(f"/proc/{pid}/task/{pid}/children").split()]


def command_of(pid: int) -> str:
    """Return the words of a process's command, empty where it has ended."""
    return _text(f"/proc/{pid}/cmdline")


def _inner_address(pid: int) -> tuple[str, int]:
    told = next(word for word in _text(f"/proc/{pid}/environ").split("\0") if word.startswith("SHIMMY_BIND_ADDRESS="))
    host, port = told.partition("=")[2].rsplit(":", 1)
    return host, int(port)


def _listened(address: tuple[str, int], last: float) -> Span:
    while True:
        now = time.monotonic()
        with socket.socket() as probe:
            if probe.connect_ex(address) == 0:
                return Span(last, time.monotonic())
        last = now
        time.sleep(_PAUSE)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
