"""What the commands say of a decision is true in its case, and no escape from outside reaches a terminal."""

import contextlib
import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.records import Session
from shimmy_metrics.store import sessions
from shimmy_metrics.store.readonly import open_readonly
from support.installed import Home, stop, wait_until
from support.one_line import assert_one_line
from support.queued import fill_outbox, uuid
from support.servers import ask, free_port, wait_for
from support.store_files import store_path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _consent(home: Home) -> str:
    return str(json.loads(home.metrics("status", "--json").stdout)["consent"])


ESCAPE: Final = "\x1b]0;owned\x07\x1b[2J"


@pytest.mark.parametrize("where", ["last_updated", "session_id", "folder", "open folder", "key"])
def test_no_escape_from_the_config_or_a_path_reaches_the_terminal(tmp_path: Path, where: str) -> None:
    root = tmp_path / (f"a{ESCAPE}b" if "folder" in where else "home")
    root.mkdir()
    home = Home(root)
    path = home.profile.config_path
    path.parent.mkdir(parents=True, mode=0o700)
    metrics = {"enabled": True, **({where: ESCAPE * 1_000} if where in ("last_updated", "session_id") else {})}
    path.write_text(json.dumps({"metrics": metrics, **({ESCAPE: ESCAPE} if where == "key" else {})}))
    path.chmod(0o600)
    path.parent.chmod(0o777 if where == "open folder" else 0o755)
    commands: list[Callable[[], subprocess.CompletedProcess[str]]] = [
        lambda: home.metrics("status"),
        lambda: home.metrics("status", "--json"),
        lambda: home.run("tui", "--plain"),
        lambda: home.metrics("enable"),
        lambda: home.metrics("preview"),
        lambda: home.metrics("export"),
        lambda: home.metrics("validate"),
        lambda: home.metrics("disable"),
        lambda: home.metrics("status"),
    ]
    for command in commands:
        told = command()
        assert "\x1b" not in told.stdout + told.stderr
        assert "\x07" not in told.stdout + told.stderr
        assert all(len(line) < 4_000 for line in told.stderr.splitlines())
    path.write_text("{")
    for action in ("status", "enable", "disable"):
        assert "\x1b" not in home.metrics(action).stderr


def test_status_says_of_a_yes_that_others_may_have_written_that_it_does_not_count(home: Home) -> None:
    home.metrics("enable")
    home.profile.config_path.parent.chmod(0o777)
    told = home.metrics("status").stdout
    assert told.startswith(
        "Answer not counted: nothing is measured.\nThe answer in the config does not count: others may write "
    )
    assert "Nothing is measured or sent from here. Enable to decide again" in told  # the owner's servers are
    assert "config.json (the answer there does not count)" in told
    assert "Others could write" in home.metrics("enable").stdout
    assert home.metrics("status").stdout.startswith("Metrics on")


@pytest.mark.parametrize("word", ["review", "automatic"])
def test_how_reports_are_sent_is_not_refused_for_want_of_a_yes_where_one_does_not_count(home: Home, word: str) -> None:
    home.metrics("enable")
    home.profile.config_path.chmod(0o666)
    refused = home.run(word, command="shimmy-metrics")
    assert_one_line(refused, "the answer in the config does not count: others may write")
    assert "there is none" not in refused.stderr


def test_under_a_switch_enable_says_first_that_it_keeps_everything_off(home: Home) -> None:
    told = home.having(DO_NOT_TRACK="1").metrics("enable").stdout
    assert told.startswith("DO_NOT_TRACK=1 keeps measuring and sending off in this shell.")
    assert "next start is measured" not in told
    assert "Your answer is recorded and applies where no switch is set." in told
    assert _consent(home) == "granted"


def test_a_yes_of_a_newer_version_is_not_overwritten_without_a_word(home: Home) -> None:
    path = home.profile.config_path
    path.parent.mkdir(parents=True, mode=0o700)
    text = '{"metrics": {"enabled": true, "session_id": "x", "schema_version": 9}}'
    path.write_text(text)
    path.chmod(0o600)
    told = home.metrics("enable")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        f"shimmy-metrics: {path}: holds a yes from a newer version of shimmy-metrics. "
        "Nothing was changed. Update this program\n"
    )
    assert path.read_text() == text
    assert wait_until(lambda: home.metrics("disable").returncode == 0)
    assert home.metrics("enable").returncode == 0  # after a no it is this version's question
    assert _consent(home) == "granted"


def test_a_yes_that_was_written_by_hand_measures_seals_and_sends(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver, ToyServer() as toy:
        home = Home(tmp_path)
        path = home.profile.config_path
        path.parent.mkdir(parents=True, mode=0o700)
        path.write_text(f'{{"metrics":{{"enabled":true,"endpoint":"{receiver.url}"}}}}')
        before = path.read_bytes()
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert ask(port)[0] == 200
            assert wait_until(lambda: json.loads(home.metrics("status", "--json").stdout)["running_sessions"] == 1)
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)
        assert path.read_bytes() == before
        assert json.loads(receiver.received[0].body)["metrics"]["requests_per_session"] == 1


@pytest.mark.parametrize("own", ["preview", "release"])
def test_no_word_of_our_own_shows_or_sends_what_a_deleted_config_left(tmp_path: Path, own: str) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    fill_outbox(home.profile, 1)
    home.profile.config_path.unlink()
    looked = home.run(own, "all", command="shimmy-metrics")
    assert (looked.returncode, looked.stdout) == (2, "")
    assert "Deleted: 1 report that was never sent." in looked.stderr
    assert "no report is due or held" in looked.stderr


@pytest.mark.parametrize("action", ["preview", "export", "validate", "status"])
def test_what_a_deleted_config_left_is_deleted_before_any_look_shows_it_and_that_is_said(
    tmp_path: Path, action: str
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    fill_outbox(home.profile, 1, 2)
    home.profile.config_path.unlink()
    looked = home.metrics(action)
    assert looked.returncode == 0
    said = looked.stdout + looked.stderr
    assert "There was no consent for what was kept here:" in said
    assert "Deleted: 2 reports that were never sent." in said
    assert uuid(1) not in looked.stdout
    assert "Deleted" not in home.metrics(action).stderr


def test_after_a_no_the_lock_of_a_running_session_is_not_said_to_stay(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    with ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert wait_until(lambda: bool(_running(home)))
            told = home.metrics("disable").stdout
            assert wait_until(lambda: not [*home.profile.state_path.glob("session-*.lock")])
            listed = json.loads(home.run("files", "--json", command="shimmy-metrics").stdout)["files"]
            stay = [each for each in listed if Path(each["path"]).is_file() and each["kind"] != "config"]
            assert f"{len(stay)} files stay here besides your no: shimmy-metrics forget deletes them." in told
            stop(process)


@pytest.mark.parametrize("upstream", [True, False])
def test_a_server_s_start_deletes_what_a_deleted_config_left_and_says_so_in_one_line(
    tmp_path: Path, *, upstream: bool
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage", "SHIMMY_BIN": "/bin/true"})
    home.metrics("enable")
    fill_outbox(home.profile, 1, 2)
    home.profile.config_path.unlink()
    line = "shimmy-metrics: There was no consent for what was kept here: Deleted: 2 reports that were never sent."
    with ToyServer() as toy:
        port = free_port()
        words = ("--upstream", toy.url, "--bind", f"127.0.0.1:{port}") if upstream else ()
        with home.started("serve", *words) as process:
            if upstream:
                wait_for(port, process)
                stop(process)
            assert process.communicate()[1].splitlines()[0] == line


def test_a_server_s_start_deletes_what_a_no_could_not_as_the_store_was_held(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage", "SHIMMY_BIN": "/bin/true"})
    home.agree()
    fill_outbox(home.profile, 1)
    with contextlib.closing(sqlite3.connect(store_path(home.profile), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "could not be deleted, and will not be sent" in home.metrics("disable").stderr
    started = home.run("serve").stderr
    assert (
        started
        == "shimmy-metrics: There was no consent for what was kept here: Deleted: 1 report that was never sent.\n"
    )


@pytest.mark.parametrize("action", ["preview", "export", "validate", "status"])
def test_what_waited_for_a_yes_that_was_edited_to_only_for_me_had_no_consent_to_be_sent(
    tmp_path: Path, action: str
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    fill_outbox(home.profile, 1)
    _edit_to_only_for_me(home)
    looked = home.metrics(action)
    said = looked.stdout + looked.stderr
    assert "There was no consent to send what was waiting here:" in said
    assert "1 report that waited became 1 session kept for you." in said
    assert "no consent for" not in said


def test_what_a_hand_edit_made_of_a_waiting_report_is_told_also_where_a_server_saw_the_edit_first(
    tmp_path: Path,
) -> None:
    with ToyServer() as toy:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
        home.metrics("enable")
        fill_outbox(home.profile, 1)
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert wait_until(lambda: bool(_running(home)))
            _edit_to_only_for_me(home)
            assert wait_until(lambda: any(session.local for session in _running(home)))
            assert "1 report that waited became 1 session kept for you." in home.metrics("status").stdout
            stop(process)


def _running(home: Home) -> list[Session]:
    with open_readonly(home.profile) as db:
        return [] if db is None else sessions.running(db)


def _edit_to_only_for_me(home: Home) -> None:
    document = json.loads(home.profile.config_path.read_text())
    document["metrics"] |= {"enabled": False, "local": True}
    home.edit_config(json.dumps(document))


def test_disable_says_what_stays_and_what_deletes_it(home: Home) -> None:
    home.metrics("enable")
    assert "shimmy-metrics forget" not in home.metrics("disable").stdout
    home.metrics("enable")
    fill_outbox(home.profile, 1)
    told = home.metrics("disable").stdout
    listed = json.loads(home.run("files", "--json", command="shimmy-metrics").stdout)
    left = [each for each in listed["files"] if each["kind"] not in {"config", "folder"}]
    assert f"{len(left)} files stay here besides your no: shimmy-metrics forget deletes them." in told
