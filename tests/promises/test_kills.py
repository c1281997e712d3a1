"""Killed while it measures, seals or sends: nothing is lost, and no session is told twice in different words."""

import json
import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from shimmy_metrics.delivery.turn import lock_path
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import looked_at
from shimmy_metrics.system.locks import held
from support.installed import Home, stop, wait_until
from support.servers import ask, free_port, wait_for

ROUNDS = [3, pytest.param(60, marks=pytest.mark.long)]


def _counted(home: Home) -> int:
    with looked_at(home.profile) as db:
        running = sessions.running(db) if db is not None else []
    return running[-1].counters.requests if running else 0


def _served(home: Home, toy: ToyServer, requests: int, kill_after: float | None) -> None:
    """Serve so many requests until they stand in the store; end it, and kill it so many seconds later."""
    port = free_port()
    with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        for _ in range(requests):
            assert ask(port)[0] == 200
        assert wait_until(lambda: _counted(home) == requests)
        if kill_after is None:
            stop(process)
            return
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(kill_after)
        process.kill()
        process.wait()


def _kill_sender(home: Home, seconds: float) -> None:
    """Wait so long, and kill whoever sends then."""
    time.sleep(seconds)
    path = lock_path(home.profile)
    if held(path):
        with suppress(OSError, ValueError):
            os.kill(int(path.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_whatever_is_killed_every_request_is_reported_once(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(rounds)
    made = 0
    with LoopbackReceiver() as receiver, ToyServer() as toy:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": receiver.url})
        home.metrics("enable")
        for _ in range(rounds):
            requests = chance.randrange(1, 5)
            made += requests
            _served(home, toy, requests, chance.choice([0.0, chance.uniform(0, 0.06)]))
            _kill_sender(home, chance.uniform(0, 0.4))

        def due() -> int:
            return int(json.loads(home.metrics("status", "--json").stdout)["reports_due"])

        def seen() -> dict[str, set[str]]:
            told: dict[str, set[str]] = {}
            for arrived in receiver.received:
                body = json.loads(arrived.body)
                for report in body if isinstance(body, list) else [body]:
                    told.setdefault(report["session_id"], set()).add(json.dumps(report))
            return told

        def reported() -> int:
            return sum(json.loads(min(each))["metrics"]["requests_per_session"] for each in seen().values())

        # A start seals what was killed, an end sends what is due; after failures some ends are passed over.
        for _ in range(8):
            if reported() < made or due():
                _served(home, toy, 0, None)
                wait_until(lambda: reported() == made, 3)
        assert wait_until(lambda: reported() == made, 3)
        assert [len(each) for each in seen().values()] == [1] * len(seen())
        assert home.metrics("validate").returncode == 0
    left = sorted(path.name for path in home.profile.state_dir.iterdir() if path.name.startswith("session-"))
    assert len(left) <= 1  # the last kill's, until the next start
