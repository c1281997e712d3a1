"""A state folder that others may write: metrics are off with one line, nothing in it is followed, the remedy ends it.

The second user is a real one where the tests run as root.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from support.installed import Home, announced, stop
from support.one_line import assert_one_line, assert_trouble_line
from support.queue_report import queue_report
from support.servers import ask, free_port, wait_for
from support.store_files import store_path

LOOKS = ("preview", "export", "validate")

needs_a_second_user = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can act as somebody else"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.root.mkdir()
    home.metrics("enable")
    return home


def _as_mallory(folder: Path, script: str, given: bytes = b"") -> None:
    """Run shell as another user, for whom permissions count, in a folder that he has reached somehow."""
    program = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "sh", "-ec", script]
    subprocess.run(program, check=True, cwd=folder, input=given)


def _serve(home: Home) -> list[str]:
    """Run `serve --upstream`, ask through it, and return what it said."""
    with ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert ask(port)[0] == 200
            first = announced(process).rstrip()
            return [first, *stop(process)[2].splitlines()]


def test_every_look_says_so_and_the_remedy_ends_it(home: Home) -> None:
    queue_report(home)
    state = home.profile.state_path
    state.chmod(0o777)
    before = {entry.name: entry.read_bytes() for entry in state.iterdir()}
    for action in LOOKS:
        ended = home.metrics(action)
        assert_one_line(ended, state)
        assert f"chmod go-w {state}" in ended.stderr
    assert_trouble_line(home.metrics("status"), state)
    said = _serve(home)
    assert any(f"chmod go-w {state}" in line for line in said)
    assert {entry.name: entry.read_bytes() for entry in state.iterdir()} == before
    subprocess.run(["chmod", "go-w", state], check=True)
    assert "1 report" in home.metrics("status").stdout


@needs_a_second_user
def test_what_another_user_put_there_is_never_ours(home: Home, tmp_path: Path) -> None:
    state = home.profile.state_path
    state.mkdir(parents=True)
    state.chmod(0o777)
    theirs = Home(tmp_path / "theirs")
    theirs.root.mkdir()
    queue_report(theirs)
    notes = home.root / "notes.txt"
    notes.write_text("mine")
    planted = {"metrics.db", "metrics.log", "sender.lock", "session-c0ffee00-0000-4000-8000-000000000001.lock"}
    script = f"cat >metrics.db; ln -s {notes} sender.lock; ln -s {notes} metrics.log; mkfifo {max(planted)}"
    _as_mallory(state, script, store_path(theirs.profile).read_bytes())
    for action in LOOKS:
        assert_one_line(home.metrics(action), state)
    _serve(home)
    subprocess.run(["chmod", "go-w", state], check=True)
    # The folder is the person's alone again; what was planted in it is named, one after the other.
    while planted:
        ended = home.metrics("status")
        assert_trouble_line(ended, state)
        _serve(home)
        assert planted <= set(os.listdir(state)) <= {*planted, "metrics.log"}  # a log of our own once theirs is gone
        name = next(name for name in planted if f"{state}/{name}: " in ended.stderr)
        (state / name).rename(tmp_path / name)
        planted.remove(name)
    assert "0 reports" in home.metrics("status").stdout
    assert notes.read_text() == "mine"
