"""A state folder that vanishes under a running session is made again, with the session's figures, and that is said."""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.serve import store_writer
from shimmy_metrics.serve.health import SHIMMY, ServerIdentity
from shimmy_metrics.serve.session_identity import SessionIdentity
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.readonly import open_readonly
from support import samples
from support.installed import LONGEST, Home, announced, wait_until
from support.processes import frozen
from support.queued import uuid
from support.servers import ask, free_port, wait_for

Running = tuple[int, "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.agree()
    return home


@contextmanager
def measured(home: Home) -> Iterator[Running]:
    port = free_port()
    signal.alarm(60)  # a line that never comes ends the run rather than hanging it
    with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        assert announced(process).startswith("shimmy-metrics: measured at ")
        yield port, process
    signal.alarm(0)


def _requests(home: Home) -> list[int]:
    """Return the requests of each session that the store has as running."""
    with open_readonly(home.profile) as db:
        return [] if db is None else [each.counters.requests for each in sessions.running(db)]


def _ended(process: "subprocess.Popen[str]") -> list[str]:
    process.send_signal(signal.SIGINT)
    assert process.wait(LONGEST) == -signal.SIGINT
    assert process.stderr is not None
    return process.stderr.read().splitlines()


def _folder(home: Home) -> None:
    shutil.rmtree(home.profile.state_path)


def _folder_above(home: Home) -> None:
    shutil.rmtree(home.profile.state_path.parent)


def _store(home: Home) -> None:
    for path in home.profile.state_path.glob("metrics.db*"):
        path.unlink()


def _lock(home: Home) -> None:
    (path,) = home.profile.state_path.glob("session-*.lock")
    path.unlink()


def _moved_and_copied_back(home: Home) -> None:
    away = home.root / "away"
    shutil.copytree(home.profile.state_path, away)
    shutil.rmtree(home.profile.state_path)
    away.rename(home.profile.state_path)


@pytest.mark.parametrize("remove", [_folder, _folder_above, _store, _lock, _moved_and_copied_back])
def test_what_was_removed_is_made_again_with_the_session_s_figures(home: Home, remove: Callable[[Home], None]) -> None:
    with measured(home) as (port, process):
        assert ask(port)[0] == 200
        assert wait_until(lambda: _requests(home) == [1])
        for asked in (2, 3):  # removed twice
            with frozen(home):  # or the session could write between two steps of the removal
                remove(home)
            assert process.stderr is not None
            said = process.stderr.readline()  # noticed without a request
            removed = "session-1.lock" if remove is _lock else "metrics.db"
            where = home.profile.state_path / removed
            assert said.startswith(f"shimmy-metrics: {where}: was removed or replaced while this session ran. ")
            assert ask(port)[0] == 200
            assert wait_until(lambda asked=asked: _requests(home) == [asked])  # type: ignore[misc]  # it has a default
        log = Path(home.profile.log_file).read_text()
        lines = log.count("was removed while a session ran; the session goes on")
        assert lines == (1 if remove in (_folder, _folder_above) else 2)  # the first went with its folder
        assert _ended(process) == []
    # A process that has ended may leave the last write to its sender.
    assert wait_until(lambda: not [*home.profile.state_path.glob("session-*.lock")])
    (report,) = json.loads(home.metrics("export").stdout)["outbox"]
    assert json.loads(report["body"])["metrics"]["requests_per_session"] == 3
    assert home.metrics("validate").returncode == 0


def test_a_folder_removed_just_before_the_end_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_writer, "start_sender", lambda *_, **__: None)
    mine = samples.profile(tmp_path, SHIMMY_METRICS_ENDPOINT="http://127.0.0.1:9/v1/usage")
    enable(mine)
    said: list[str] = []
    writer = store_writer.StoreWriter(mine, said.append)
    writer.open()
    header = SessionIdentity(read_consent(mine), "http://127.0.0.1:1", "", ServerIdentity(SHIMMY, "2.6.5"), uuid(1))
    writer.begin(header, samples.COUNTERS, lambda: True)
    shutil.rmtree(mine.state_path)
    writer.end(samples.COUNTERS)
    writer.close()
    assert len(said) == 1
    with opened(mine) as db:
        assert len(outbox.due(db)) == 1


def test_a_no_after_it_deletes_and_makes_nothing(home: Home) -> None:
    with measured(home) as (port, process):
        assert ask(port)[0] == 200
        home.metrics("disable")
        with frozen(home):
            _folder(home)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("shimmy-metrics: no longer measured")
        assert ask(port)[0] == 200
        assert _ended(process) == []
    assert not home.profile.state_path.exists()


def test_where_it_cannot_be_made_again_that_is_said_until_it_can(home: Home) -> None:
    with measured(home) as (port, process):
        with frozen(home):
            _folder(home)
            home.profile.state_path.write_text("in its place")
        assert process.stderr is not None
        said = process.stderr.readline()
        assert "but its figures cannot be saved now" in said
        assert f"{home.profile.state_path}: is not a folder. " in said
        assert ask(port)[0] == 200
        home.profile.state_path.unlink()
        assert "was removed or replaced while this session ran" in process.stderr.readline()
        assert process.stderr.readline().startswith("shimmy-metrics: measured at ")
        assert wait_until(lambda: _requests(home) == [1])
        assert _ended(process) == []
