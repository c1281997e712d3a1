"""Whatever is killed, whenever: nothing is lost, nothing is told twice, nothing is damaged."""

import json
import random
import signal
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.readonly import open_readonly
from support.home_terminal import terminal
from support.installed import BIN, Home, stop, wait_until
from support.processes import kill
from support.queued import fill_outbox
from support.servers import ask, free_port, wait_for
from support.soundness import assert_sound, conflicting_reports, reported, stored
from support.store_files import store_path

LONG: Final = 60.0
SENDER: Final = "shimmy_metrics.delivery"


class _Meter:
    """A measured session behind which a toy server answers."""

    def __init__(self, stack: ExitStack, home: Home, toy: ToyServer) -> None:
        self.port = free_port()
        words = ("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{self.port}")
        self.process = stack.enter_context(home.started(*words))
        wait_for(self.port, self.process, LONG)

    def ask(self, requests: int) -> int:
        for _ in range(requests):
            assert ask(self.port)[0] == 200
        return requests

    def die(self, seconds: float | None) -> None:
        """Be killed at once (None), or so many seconds after the end began: before, while or after it is sealed."""
        if seconds is not None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.process.kill()
        self.process.wait()


def _running(home: Home, after: int = 0) -> int:
    """Return the requests that stand in the store for sessions that run, of those whose row is newer than `after`."""
    with open_readonly(home.profile) as db:
        found = sessions.running(db) if db is not None else []
    return sum(each.counters.requests for each in found if each.row_id > after)


def _last_row(home: Home) -> int:
    """Return the newest session's row; what was killed or is being sealed lies there while the next one runs."""
    with open_readonly(home.profile) as db:
        return max((each.row_id for each in sessions.everything(db)), default=0) if db is not None else 0


def _counted(home: Home, after: int, requests: int) -> bool:
    return _running(home, after) >= requests


def _brought_home(home: Home, toy: ToyServer, receiver: LoopbackReceiver, made: int) -> None:
    """Let sessions begin and end until all is told: a start seals what was killed, an end sends what is due."""

    def all_told() -> bool:
        with open_readonly(home.profile) as db:
            left = outbox.due(db) if db is not None else []
        return reported(receiver) >= made and not left

    for _ in range(8):  # after failures some ends are passed over
        if all_told():
            break
        with ExitStack() as stack:
            stop(_Meter(stack, home, toy).process)
        wait_until(all_told, 5)
    assert wait_until(all_told, LONG)
    assert reported(receiver) == made
    assert conflicting_reports(receiver) == []


@pytest.mark.thorough
@pytest.mark.parametrize("kills", [9, pytest.param(600, marks=pytest.mark.long)])
def test_whatever_is_killed_every_request_is_reported_once(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    made = killed = 0
    with LoopbackReceiver() as receiver, ToyServer() as toy:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": receiver.url})
        home.agree()
        while killed < kills:
            before = _last_row(home)
            with ExitStack() as stack:
                meter = _Meter(stack, home, toy)
                with terminal(home, "shimmy", "tui") as app:
                    made += (asked := meter.ask(chance.randrange(1, 5)))
                    assert wait_until(partial(_counted, home, before, asked), LONG)
                    time.sleep(chance.uniform(0, 1))
                    app.process.kill()  # while it starts, draws, or copies the store
                meter.die(chance.choice((None, 0.0, chance.uniform(0, 0.06))))
                time.sleep(chance.uniform(0, 0.4))
                killed += 2 + kill(home, SENDER)
        _brought_home(home, toy, receiver, made)
        assert_sound(home)
    left = sorted(path.name for path in home.profile.state_path.iterdir() if path.name.startswith("session-"))
    assert len(left) <= 1  # the last kill's, until the next start


@pytest.mark.parametrize("kills", [6, pytest.param(400, marks=pytest.mark.long)])
def test_a_decision_that_is_killed_is_the_old_one_or_the_new_one(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    path = home.profile.config_path
    path.parent.mkdir(parents=True)
    path.write_text('{"theme": "dark"}')
    path.chmod(0o600)
    began = time.monotonic()
    home.metrics("enable")
    whole = time.monotonic() - began
    for turn in range(kills):
        was = _says(path)
        if was and not _waiting(home):
            fill_outbox(home.profile, *range(10 * turn + 1, 10 * turn + 4))
        waited = _waiting(home)
        action = "disable" if was else "enable"
        process = subprocess.Popen(
            [str(BIN / "shimmy"), "config", "--metrics", action],
            env=home.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.3, 1.1) * whole)
        process.kill()
        process.wait()
        now = _says(path)  # which parses, and holds the person's own keys
        if action == "enable" or not now:
            # What a no left behind is deleted by whoever looks next; a yes covers nothing of it.
            assert home.metrics("status").returncode == 0
            assert _waiting(home) == 0
        else:
            assert _waiting(home) == waited
        if store_path(home.profile).exists():
            with closing(sqlite3.connect(store_path(home.profile))) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    home.agree()
    assert home.metrics("disable").returncode == 0
    assert sorted(each.name for each in path.parent.iterdir()) == [".lock", "config.json"]


def _says(path: Path) -> bool:
    config = json.loads(path.read_bytes())
    assert config["theme"] == "dark"
    return bool(config.get("metrics", {}).get("enabled"))


def _waiting(home: Home) -> int:
    with open_readonly(home.profile, off=True) as db:
        return len(outbox.everything(db)) if db is not None else 0


@pytest.mark.thorough
def test_eight_meters_on_one_store_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(8)
    with LoopbackReceiver() as receiver, ToyServer() as toy, ExitStack() as stack:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": receiver.url})
        home.agree()
        meters = [_Meter(stack, home, toy) for _ in range(8)]
        made = sum(meter.ask(chance.randrange(1, 9)) for meter in meters)
        assert wait_until(lambda: _running(home) == made, LONG)
        # Five end at the same instant, three are killed in the middle of it.
        for meter in meters[:5]:
            meter.process.send_signal(signal.SIGINT)
        for meter in meters[5:]:
            meter.die(chance.uniform(0, 0.05))
        for meter in meters[:5]:
            meter.process.communicate(timeout=LONG)
        _brought_home(home, toy, receiver, made)
        assert len([each for each in stored(receiver).values() if _requests(each)]) == len(meters)
        assert_sound(home)


def _requests(report: bytes) -> int:
    return int(json.loads(report)["metrics"]["requests_per_session"])
