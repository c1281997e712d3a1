"""A copy of the state folder, taken at any instant while everything runs: nothing lost, told twice or damaged in it."""

import json
import random
import shutil
import threading
import time
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Final, NamedTuple

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.store import departures, outbox, sessions
from shimmy_metrics.store.readonly import open_readonly
from support.home_terminal import terminal
from support.installed import NOT_YET, Home, announced, stop, wait_until
from support.processes import frozen
from support.servers import ask, free_port, wait_for
from support.soundness import assert_sound, conflicting_reports, reported, stored

pytestmark = pytest.mark.thorough

METERS: Final = 3
LOST_SECONDS: Final = 1.5
"""A second, and what a busy machine may add to it."""

LONG: Final = 60.0


class _Life:
    """A meter that serves one session after the other, each of a few requests, until it is to end."""

    def __init__(self, home: Home, toy: ToyServer, seed: int) -> None:
        self.answered: list[float] = []
        self.failure = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(home, toy, random.Random(seed)))
        self._thread.start()

    def _live(self, home: Home, toy: ToyServer, chance: random.Random) -> None:
        try:
            while not self._ended.is_set():
                port = free_port()
                with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
                    wait_for(port, process, LONG)
                    # Fewer than a hundred: a report tells such figures to the unit.
                    for _ in range(chance.randrange(5, 60)):
                        if self._ended.is_set():
                            break
                        assert ask(port)[0] == 200
                        self.answered.append(time.monotonic())
                        time.sleep(chance.uniform(0, 0.1))
                    _, _, said = stop(process)
                    assert not [line for line in said.splitlines() if "not measured" in line and NOT_YET not in line], (
                        said
                    )
        except (AssertionError, OSError, HTTPException, TimeoutExpired) as error:
            self.failure = repr(error)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


class _Copy(NamedTuple):
    home: Home
    at_least: int
    """So many requests had been answered longer ago than may be lost."""
    at_most: int


@pytest.mark.parametrize("copies", [4, pytest.param(100, marks=pytest.mark.long)])
def test_a_copy_holds_all_but_the_last_second_nothing_twice_and_is_sound(tmp_path: Path, copies: int) -> None:
    chance = random.Random(copies)
    taken: list[_Copy] = []
    with LoopbackReceiver() as receiver, ToyServer() as toy:
        home = Home(tmp_path / "home", {"SHIMMY_METRICS_ENDPOINT": receiver.url})
        home.root.mkdir()
        home.metrics("enable")
        with ExitStack() as stack:
            lives = [_Life(home, toy, seed) for seed in range(METERS)]
            for life in lives:
                stack.callback(life.end)
            stack.enter_context(terminal(home, "shimmy", "tui"))
            assert wait_until(lambda: all(life.answered for life in lives), LONG)
            for number in range(copies):
                time.sleep(chance.uniform(0.2, 1.5))
                taken.append(_copied(home, tmp_path / f"copy-{number}", lives))
        assert [life.failure for life in lives] == [""] * METERS
        made = sum(len(life.answered) for life in lives)
        _end_what_is_left(home, toy, receiver, made)
        assert_sound(home)
        for copy in taken:
            _holds(copy, receiver)
        for copy in chance.sample(taken, min(len(taken), 10)):
            _tells_nothing_anew(copy, toy, receiver, made)


def _copied(home: Home, root: Path, lives: list[_Life]) -> _Copy:
    with frozen(home):
        now = time.monotonic()
        answered = [moment for life in lives for moment in tuple(life.answered)]
        shutil.copytree(home.root, root)
    early = sum(moment < now - LOST_SECONDS for moment in answered)
    # One may have been answered that its client has not noted yet.
    return _Copy(Home(root, home.variables), early, len(answered) + METERS)


def _holds(copy: _Copy, receiver: LoopbackReceiver) -> None:
    """Say that a copy is sound, and holds each session once, with what had been counted."""
    assert_sound(copy.home)
    with open_readonly(copy.home.profile) as db:
        assert db is not None
        running = {each.report_id: each.counters.requests for each in sessions.running(db)}
        bodies = [each.body for each in outbox.everything(db)]
        for departure in departures.everything(db):
            if departure.body:
                bodies += _reports(departure.body)
    told: dict[str, bytes] = {}
    for body in bodies:
        name = json.loads(body)["session_id"]
        assert told.setdefault(name, body) == body
        assert name not in running
        assert stored(receiver)[name] == body
    assert running.keys() <= stored(receiver).keys()  # each became the one report of its session
    held = sum(running.values()) + sum(json.loads(body)["metrics"]["requests_per_session"] for body in told.values())
    assert copy.at_least <= held <= copy.at_most


def _reports(body: bytes) -> list[bytes]:
    parsed = json.loads(body)
    if isinstance(parsed, dict):
        return [body]
    return [json.dumps(each, separators=(",", ":")).encode() for each in parsed]


def _tells_nothing_anew(copy: _Copy, toy: ToyServer, receiver: LoopbackReceiver, made: int) -> None:
    """Go on from the copy, as from a backup: what the receiver has is not counted again, whatever is sent."""
    _let_all_be_told(copy.home, toy)
    assert reported(receiver) == made
    assert_sound(copy.home)


def _none_due(home: Home) -> bool:
    with open_readonly(home.profile) as db:
        return db is not None and not outbox.due(db) and not sessions.running(db)


def _let_all_be_told(home: Home, toy: ToyServer) -> None:
    """Let sessions begin and end until nothing is due."""
    for _ in range(4):
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process, LONG)
            assert "measured at" in announced(process)  # it stands in the store
            stop(process)
        if wait_until(lambda: _none_due(home), 5):
            return
    assert wait_until(lambda: _none_due(home), LONG)


def _end_what_is_left(home: Home, toy: ToyServer, receiver: LoopbackReceiver, made: int) -> None:
    _let_all_be_told(home, toy)
    assert reported(receiver) == made, home.metrics("export").stdout
    assert conflicting_reports(receiver) == []
