"""A store that cannot be used: one clear line, the file as it was; a no is recorded, and the server's traffic flows."""

import json
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import VERSION, opened, store_path
from support.installed import Home, stop
from support.one_line import is_one_line, needs_setpriv, unprivileged
from support.samples import pending
from support.servers import ask, free_port, wait_for

LOOKS: Final = ("status", "preview", "export", "validate")
Make = Callable[[Path], object]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})


def _sealed(home: Home) -> None:
    """Leave a report waiting, as a session's end does."""
    home.metrics("enable")
    with opened(home.profile) as db:
        outbox.add(db, pending(moment=datetime.now(UTC)))


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 400)


def _newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.close()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9_000])


def _overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4_096):
        data[page * 4_096 : page * 4_096 + 200] = b"\xa5" * 200
    path.write_bytes(data)


def _one_value(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("UPDATE outbox SET measured = '{', sealed = 'then'")
    db.commit()
    db.close()


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("damage", [_garbage, _newer, _cut, _overwritten, _one_value, _directory, _fifo])
def test_a_store_that_cannot_be_used_is_said_and_left_as_it_is(home: Home, damage: Make) -> None:
    _sealed(home)
    path = store_path(home.profile)
    damage(path)
    before = path.read_bytes() if path.is_file() else b""
    for action in LOOKS:
        is_one_line(home.metrics(action), path)
    # A no is recorded all the same, and it says that the rest could not be done.
    refused = home.metrics("disable")
    is_one_line(refused, path)
    assert "Your answer is recorded" in refused.stderr
    assert json.loads(home.profile.config_path.read_text())["metrics"]["enabled"] is False
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize("damage", [_garbage, _overwritten, _fifo])
def test_a_store_that_cannot_be_used_never_stops_a_server_s_traffic(home: Home, damage: Make) -> None:
    _sealed(home)
    damage(store_path(home.profile))
    with ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert ask(port)[0] == 200
            assert process.stderr is not None
            told = [process.stderr.readline(), process.stderr.readline()]
            assert ask(port)[0] == 200
            stop(process)
    said = [line.removeprefix("shimmy-metrics: ").partition(": ") for line in told]
    why = next(word for word, _, rest in said if rest.startswith(f"{store_path(home.profile)}: "))
    # Whichever comes first, the second does not contradict it.
    assert (why == "no longer measured") == told[0].startswith("shimmy-metrics: measured at")


@needs_setpriv
def test_a_state_directory_that_may_not_be_looked_into_hides_nothing(home: Home) -> None:
    _sealed(home)
    home.profile.state_dir.chmod(0)
    try:
        for action in (*LOOKS, "disable"):
            is_one_line(unprivileged(home, "config", "--metrics", action), store_path(home.profile))
    finally:
        home.profile.state_dir.chmod(0o700)
    # The deletion that is owed is done by the next who can.
    assert "1 report" in home.metrics("status").stdout
    assert json.loads(home.metrics("export").stdout)["outbox"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_home_of_somebody_else_is_said_and_nothing_is_written_there(home: Home) -> None:
    home.metrics("enable")
    for path in (home.root, *home.root.rglob("*")):
        os.chown(path, 12_345, 12_345)
    before = sorted(home.root.rglob("*"))
    for action in (*LOOKS, "disable"):
        place = home.profile.config_path.parent if action == "disable" else home.profile.state_dir
        is_one_line(home.metrics(action), place)
    assert sorted(home.root.rglob("*")) == before
