"""`shimmy-metrics files` and `forget` as a person has them: asked with numbers, beside a server, on a full disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.forget import forget_plan
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.wording.files import BEYOND, INTERRUPTED, total
from support.home_terminal import terminal
from support.installed import BIN, Home, stop, wait_until
from support.samples import queued, session
from support.servers import ask, free_port, wait_for
from support.users import VICTIM, home_of, needs_users, run_as

OWN = "shimmy-metrics"


def _used(home: Home) -> None:
    enable(home.profile)
    with opened(home.profile) as db:
        outbox.add(db, queued())


def _kinds(home: Home) -> list[str]:
    found = home.run("files", "--json", command=OWN)
    assert found.returncode == 0, found.stderr
    return [each["kind"] for each in json.loads(found.stdout)["files"]]


def _says_no(home: Home) -> bool:
    return load(home.profile).decision.consent is Consent.DECLINED


def test_the_sizes_are_those_on_the_disk(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _used(home)
    (tmp_path / "shimmy-metrics-2026-11-28.json").write_bytes(queued().body)
    listed = json.loads(home.run("files", "--json", command=OWN).stdout)["files"]
    sizes = {each["path"]: each["bytes"] for each in listed if each["kind"] != "folder"}
    assert sizes == {str(path): path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
    told = home.run("files", command=OWN).stdout
    for path, size in sizes.items():
        assert f"{path}  {size:,} byte" in told


@pytest.mark.parametrize("switch", [{}, {"DO_NOT_TRACK": "1"}])
def test_while_off_nothing_is_made_or_changed(tmp_path: Path, switch: dict[str, str]) -> None:
    home = Home(tmp_path, switch)
    told = home.run("files", command=OWN).stdout
    assert "Nothing of ours is on this disk" in told
    assert "Not listed: " in told
    assert "what shimmy-metrics receive keeps" in told
    asked = home.run("forget", command=OWN)
    assert (asked.returncode, asked.stdout) == (0, told)
    assert list(tmp_path.iterdir()) == []


def test_of_a_lock_that_an_old_version_wrote_a_number_into_it_is_not_said_that_it_is_empty(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _used(home)
    (home.profile.state_path / "sender.lock").write_text("12345\n")
    told = home.run("files", command=OWN).stdout
    assert "sender.lock  6 bytes" in told
    assert "empty" not in told


@pytest.mark.parametrize("word", ["files", "forget"])
def test_under_the_binary_s_own_name_they_are_the_binary_s(tmp_path: Path, word: str) -> None:
    home = Home(tmp_path)
    _used(home)
    assert home.run(word, "--yes").returncode == 127
    real = tmp_path / "real"
    real.write_text('#!/bin/sh\necho real "$@"\n')
    real.chmod(0o755)
    assert home.having(SHIMMY_BIN=str(real)).run(word, "--yes").stdout == f"real {word} --yes\n"
    assert not _says_no(home)


def test_what_a_receiver_keeps_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _used(home)
    kept = prepared(home.profile.state_path.with_name("shimmy-receiver"))
    kept.operator.write_text("Example Org\n")
    assert str(kept.path) not in home.run("files", command=OWN).stdout
    assert home.run("forget", "--yes", command=OWN).returncode == 0
    assert kept.operator.read_text() == "Example Org\n"
    assert home.run("receive", "status", command=OWN).returncode == 0


@pytest.mark.parametrize("damaged", ["config_path", "store"])
def test_where_nobody_counted_what_it_deleted_no_number_says_that_there_was_none(tmp_path: Path, damaged: str) -> None:
    home = Home(tmp_path)
    _used(home)
    path = home.profile.config_path if damaged == "config_path" else home.profile.state_path / "metrics.db"
    path.write_text("{ no database" * 100)
    result = json.loads(home.run("forget", "--yes", "--json", command=OWN).stdout)
    assert "store" in [each["kind"] for each in result["deleted"]]
    assert result["reports_never_left"] is None


def test_where_nobody_can_be_asked_nothing_is_done(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _used(home)
    asked = home.run("forget", command=OWN)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.count("\n") == 1
    assert "--yes" in asked.stderr
    assert "store" in _kinds(home)
    assert not _says_no(home)


@pytest.mark.parametrize(
    ("answer", "gone"), [("yes\r", True), ("\r", False), ("y\r", False), ("no\r", False), ("\x04", False)]
)
def test_at_a_terminal_it_asks_with_numbers_and_only_yes_agrees(tmp_path: Path, answer: str, gone: bool) -> None:
    home = Home(tmp_path)
    _used(home)
    with terminal(home, OWN, "forget") as there:
        assert there.shows("Type yes:")
        assert "with 1 waiting report in the store" in there.text().replace("\n", " ")
        there.type(answer)
        assert there.process.wait(20) == (0 if gone else 1)
    assert _says_no(home) is gone
    assert _kinds(home) == (["config"] if gone else _kinds(home))


def test_as_many_files_are_deleted_as_it_asked_about_also_where_the_no_takes_the_lock_of_a_killed_session(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    _used(home)
    with opened(home.profile) as db:
        killed = sessions.begin(db, session(consent_id=load(home.profile).decision.consent_id))
    (home.profile.state_path / f"session-{killed}.lock").touch()
    asked = total(forget_plan(home.profile).files).partition(",")[0]
    told = home.run("forget", "--yes", command=OWN).stdout
    assert f"\nDeleted: {asked}, " in told
    assert f"session-{killed}.lock" in told


def test_a_running_server_answers_on_and_is_measured_no_more(tmp_path: Path) -> None:
    home, port = Home(tmp_path), free_port()
    enable(home.profile)
    with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        assert ask(port)[0] == 200

        def measured() -> bool:
            with open_readonly(home.profile) as db:
                return db is not None and any(each.counters.requests for each in sessions.running(db))

        assert wait_until(measured)
        told = home.run("forget", "--yes", "--json", command=OWN)
        result = json.loads(told.stdout)
        assert (told.returncode, result["complete"], result["not_deleted"]) == (0, True, []), told.stderr
        assert ask(port)[0] == 200
        assert not wait_until(home.profile.state_path.exists, 2.5)
        assert process.poll() is None
    assert _kinds(home) == ["config"]
    assert _says_no(home)


def _read_only(home: Home) -> None:
    home.profile.state_path.chmod(0o500)


def _unlistable(home: Home) -> None:
    home.profile.state_path.chmod(0)


@needs_users
@pytest.mark.parametrize(
    ("spoil", "reason"), [(_read_only, "permission denied"), (_unlistable, "cannot be listed: permission denied")]
)
def test_a_user_whose_folder_takes_no_change_is_told_file_by_file(spoil: Callable[[Home], None], reason: str) -> None:
    with home_of(VICTIM) as home:
        assert run_as(VICTIM, home, str(BIN / "shimmy"), "config", "--metrics", "enable").returncode == 0
        fill = "from support.installed import Home\nfrom support.samples import queued, session\nimport sys, pathlib\n"
        fill += "from shimmy_metrics.store import outbox\nfrom shimmy_metrics.store.database import opened\n"
        fill += "with opened(Home(pathlib.Path(sys.argv[1])).profile) as db: outbox.add(db, queued())"
        tests = str(Path(__file__).parents[1])
        filled = run_as(VICTIM, home.having(PYTHONPATH=tests), sys.executable, "-c", fill, str(home.root))
        assert filled.returncode == 0, filled.stderr
        spoil(home)
        told = run_as(VICTIM, home, str(BIN / OWN), "forget", "--yes")
        assert told.returncode == 2
        assert reason in told.stdout + told.stderr
        assert "Traceback" not in told.stderr
        assert json.loads(home.profile.config_path.read_text())["metrics"]["enabled"] is False
        home.profile.state_path.chmod(0o700)
        again = run_as(VICTIM, home, str(BIN / OWN), "forget", "--yes")
        assert again.returncode == 0, again.stdout + again.stderr
        left = run_as(VICTIM, home, str(BIN / OWN), "files", "--json")
        assert [each["kind"] for each in json.loads(left.stdout)["files"]] == ["config"]
        assert json.loads(home.profile.config_path.read_text())["metrics"]["enabled"] is False


def _can_mount() -> bool:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="a disk of our own needs root and mount namespaces")
def test_on_a_full_disk_all_of_it_goes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _used(home)
    made = tmp_path / "made"
    home.profile.state_path.rename(made)
    home.profile.state_path.mkdir()
    state = home.profile.state_path
    script = (
        f"mount -t tmpfs -o size=300k,uid=$(id -u),mode=700 tmpfs {state} && cp {made}/* {state}/ && "
        f"{{ cat /dev/zero > {state}/filler 2>/dev/null; {BIN}/{OWN} forget --yes; code=$?; "
        f"ls -A {state}; exit $code; }}"
    )
    told = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], env=home.environment, check=False, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{state} stays: it holds other files.\n" in told.stdout
    assert told.stdout.endswith("\nfiller\n")
    assert f"{BEYOND}\n" in told.stdout
    assert "Deleted: 1 report that was never sent." in told.stdout
    assert _says_no(home)


WAITING = """
import sys
from shimmy_metrics.actions import forget
from shimmy_metrics.cli.main import shimmy_metrics
forget._SESSIONS_SECONDS = 60.0
sys.argv = ["shimmy-metrics", "forget", "--yes"]
sys.exit(shimmy_metrics())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no program ends by a signal there")
def test_interrupted_it_says_that_it_is_not_done_and_the_no_stands(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _used(home)
    running = Lock(home.profile.state_path / "session-9.lock")
    assert running.take()
    try:
        with home.started_program([sys.executable, "-c", WAITING]) as process:
            assert wait_until(lambda: _says_no(home))
            code, out, err = stop(process)
    finally:
        running.release()
    assert (code, out, err) == (-signal.SIGINT, "", f"{INTERRUPTED}\n")
    assert home.run("forget", "--yes", command=OWN).returncode == 0
    assert _kinds(home) == ["config"]
