"""A store that cannot be used: one clear line, the file as it was; a no is recorded, and the server's traffic flows."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.store.tables import VERSION
from support.installed import Home, announced, stop
from support.left_behind import PROGRAM
from support.one_line import assert_one_line, assert_trouble_line, needs_setpriv, unprivileged
from support.queue_report import queue_report
from support.servers import ask, free_port, wait_for
from support.store_files import store_path

LOOKS: Final = ("preview", "export", "validate")
Make = Callable[[Path], object]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})


def _sealed(home: Home) -> None:
    """Leave a report waiting, as a session's end does."""
    home.agree()
    queue_report(home)


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 400)


def _newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.close()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 512):
        data[page * 512 : page * 512 + 200] = b"\xa5" * 200
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
        assert_one_line(home.metrics(action), path)
    # The decision does not hang on the store, and is said all the same.
    shown = home.metrics("status")
    assert_trouble_line(shown, path)
    assert shown.stdout.startswith("Metrics on: store unusable.\n")
    plain = home.run("tui", "--plain").stdout
    assert "metrics on, store unusable." in plain
    for unknown in ("No report is waiting", "reports sent so far", "No measured server", "are sent when"):
        assert unknown not in plain
    told = json.loads(home.metrics("status", "--json").stdout)
    assert (told["consent"], told["store_read_whole"], len(told["troubles"])) == ("granted", False, 1)
    assert (told["measures"], told["sends"]) == (False, False)
    # Whether reports are held is recorded all the same, and said behind what could not be done.
    for word, effect in (("review", "nothing is sent without a release"), ("automatic", "what is held stays held")):
        changed = home.run(word, command="shimmy-metrics")
        assert_trouble_line(changed, path)
        assert changed.stderr.rstrip().endswith(f". Your choice is recorded; {effect}")
    # A no is recorded all the same, and said before what could not be done.
    refused = home.metrics("disable")
    assert_trouble_line(refused, path)
    assert refused.stdout == "Metrics are off. You won't be asked again.\n"
    assert "could not be deleted, and will not be sent" in refused.stderr
    assert json.loads(home.profile.config_path.read_text())["metrics"]["enabled"] is False
    for action in LOOKS:  # a deletion is owed now, and cannot be done: the same line, once
        assert_one_line(home.metrics(action), path)
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
            said = announced(process)
            assert ask(port)[0] == 200
            assert stop(process)[2] == ""
    assert said.startswith(f"shimmy-metrics: not measured, passed on at http://127.0.0.1:{port}, for {toy.url}: ")
    assert f": {store_path(home.profile)}: " in said


@needs_setpriv
def test_a_state_directory_that_may_not_be_looked_into_hides_nothing(home: Home) -> None:
    _sealed(home)
    home.profile.state_path.chmod(0)
    try:
        for action in LOOKS:
            assert_one_line(unprivileged(home, "config", "--metrics", action), store_path(home.profile))
        for action in ("status", "disable"):
            assert_trouble_line(unprivileged(home, "config", "--metrics", action), store_path(home.profile))
    finally:
        home.profile.state_path.chmod(0o700)
    # The deletion that is owed is done by the next who can.
    assert "1 report" in home.metrics("status").stdout
    assert json.loads(home.metrics("export").stdout)["outbox"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_in_a_home_of_somebody_else_their_yes_is_none_and_nothing_but_a_no_is_written(home: Home) -> None:
    _sealed(home)
    for path in (home.root, *home.root.rglob("*")):
        os.chown(path, 12_345, 12_345)
    before = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    for action in LOOKS:
        assert_one_line(home.metrics(action), home.profile.state_path)
    assert_one_line(home.metrics("enable"), home.profile.config_path.parent)
    assert {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()} == before
    assert_trouble_line(home.metrics("status"), home.profile.state_path)
    # The store is left to its owner, who deletes what waits at the next look; the no stands.
    assert_trouble_line(home.metrics("disable"), home.profile.state_path)
    assert json.loads(home.profile.config_path.read_text())["metrics"]["enabled"] is False
    after = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    assert {path for path in before if after.get(path) != before[path]} == {home.profile.config_path}
    assert {path.stat().st_uid for path in home.root.rglob("*")} == {12_345}


def test_where_neither_config_nor_store_can_be_used_both_are_said_and_nothing_of_what_is_held(home: Home) -> None:
    _sealed(home)
    path = store_path(home.profile)
    sound, config = path.read_bytes(), home.profile.config_path
    config.write_text("{")
    assert json.loads(home.metrics("status", "--json").stdout)["store_read_whole"] is True
    _garbage(path)
    shown = home.metrics("status")
    assert str(config) in shown.stderr
    assert str(path) in shown.stderr
    plain = home.run("tui", "--plain").stdout
    assert str(config) in plain
    assert str(path) in plain
    for unknown in ("waiting", "so far", "No report is waiting", "So far", "No measured server"):
        assert unknown not in shown.stdout + plain
    assert json.loads(home.metrics("status", "--json").stdout)["store_read_whole"] is False
    path.write_bytes(sound)
    assert "  waiting   1 report" in home.metrics("status").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_of_a_store_that_was_not_read_while_off_nothing_is_denied_and_nothing_vouched_for(home: Home) -> None:
    home.agree()
    subprocess.run(
        [*PROGRAM, "journal"], env={**home.environment, "PYTHONPATH": str(Path(__file__).parents[1])}, check=False
    )
    off = home.having(DO_NOT_TRACK="1")
    unread = "The store was not read: metrics are off, and opening it now would write to it."
    status, validated = off.metrics("status").stdout, off.metrics("validate").stdout
    used = off.run("usage", command="shimmy-metrics")
    assert (used.returncode, used.stdout) == (0, f"{unread}\n")
    for said in (status, validated):
        assert unread in said
        for unknown in ("waiting  ", "so far", "everything kept here", "what is kept"):
            assert unknown not in said
    assert "Checked what was read" in validated
    for asked in (("release", "all"), ("delete", "receipts", "--yes")):
        refused = off.run(*asked, command="shimmy-metrics")
        assert_one_line(refused, "the store was not read: metrics are off")
    on = home.metrics("status").stdout
    assert "  waiting   3 reports" in on
    assert "Checked everything kept here" in off.metrics("validate").stdout
