"""A no always takes effect: whoever holds a lock, whatever the disk is, whenever a process is killed."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.config.codec import parse
from shimmy_metrics.config.write import leftovers
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.demo.toy_server import ToyServer
from support.installed import BIN, LONGEST, Home, announced, stop
from support.metered import measured
from support.one_line import can_mount, needs_setpriv, unprivileged
from support.servers import ask
from support.timely import in_time
from support.users import OTHER, VICTIM, command_as, home_of, metrics_as, needs_users, run_as

NO_WAITS_SECONDS: Final = 0.25
START_SECONDS: Final = 1.5
"""What starting Python and ending it may take."""

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
needs_mount = pytest.mark.skipif(not can_mount(), reason="this user may mount nothing in a namespace of its own")
ROUNDS = [10, pytest.param(500, marks=pytest.mark.long)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _consent(home: Home) -> str:
    return str(json.loads(home.metrics("status", "--json").stdout)["consent"])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let another process hold a lock on this, as long as an hour."""
    with subprocess.Popen(
        ["flock", "--no-fork", "-x", str(path), "sh", "-c", "echo held; exec sleep 3600"], stdout=-1, text=True
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        try:
            yield
        finally:
            held.kill()


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock (util-linux) is not installed")
@pytest.mark.parametrize("what", [".", "config.json", ".lock"])
def test_whatever_another_process_locks_a_no_takes_effect(home: Home, what: str) -> None:
    home.metrics("enable")
    with _locked(home.profile.config_path.parent / what):
        began = time.monotonic()
        told = home.metrics("disable")
        assert in_time(time.monotonic() - began, NO_WAITS_SECONDS + START_SECONDS)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("Metrics are off.")
    assert _consent(home) == "declined"


def test_a_session_counts_nothing_while_others_may_write_the_answer(home: Home) -> None:
    home.agree()
    config = home.profile.config_path
    with ToyServer() as toy, measured(home, toy.url) as (port, process):
        assert process.stderr is not None
        assert announced(process).startswith("shimmy-metrics: measured")
        assert ask(port)[0] == 200
        config.chmod(0o666)
        assert f"no longer measured, passed on at http://127.0.0.1:{port}" in process.stderr.readline()
        assert ask(port)[0] == 200
        config.chmod(0o600)
        assert process.stderr.readline().startswith("shimmy-metrics: measured")
        assert ask(port)[0] == 200
        stop(process)
    assert json.loads(home.run("usage", "--json", command="shimmy-metrics").stdout)[0]["requests"] == 2


def test_behind_a_switch_others_who_may_write_the_answer_are_not_named_as_the_reason(home: Home) -> None:
    home.agree()
    home.profile.config_path.chmod(0o666)
    with ToyServer() as toy, measured(home.having(DO_NOT_TRACK="1"), toy.url) as (port, process):
        told = announced(process)
    assert told.startswith(f"shimmy-metrics: not measured, passed on at http://127.0.0.1:{port}")
    assert told.rstrip().endswith("(shimmy config --metrics status)")


@needs_users
@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_another_user_s_lock_delays_no_no(mode: int) -> None:
    with home_of(VICTIM) as home:
        assert metrics_as(VICTIM, home, "enable").returncode == 0
        folder = home.profile.config_path.parent
        for each in (folder, folder.parent):
            each.chmod(mode)
        for name in (".", "config.json", ".lock"):
            words = command_as(
                OTHER, "flock", "--no-fork", "-x", str(folder / name), "sh", "-c", "echo held; exec sleep 3600"
            )
            held = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            assert held.stdout is not None
            # Only what he may read he can lock, and that is not what a no waits for.
            assert held.stdout.readline() == ("held\n" if name == "." else "")
            began = time.monotonic()
            told = metrics_as(VICTIM, home, "disable")
            assert in_time(time.monotonic() - began, NO_WAITS_SECONDS + START_SECONDS)
            assert (told.returncode, told.stderr) == (0, "")
            held.kill()
            held.communicate()
            assert metrics_as(VICTIM, home, "status").stdout.startswith("Metrics off")
            assert metrics_as(VICTIM, home, "enable").returncode == 0


@needs_users
def test_in_a_folder_that_all_may_write_another_user_can_plant_no_yes_and_spoil_no_file() -> None:
    with home_of(VICTIM) as home:
        notes = home.root / "notes.txt"
        notes.write_text("mine")
        os.chown(notes, VICTIM, VICTIM)
        metrics_as(VICTIM, home, "disable")
        path = home.profile.config_path
        path.parent.parent.chmod(0o755)
        path.parent.chmod(0o777)
        plant = (
            f"rm -f {path} {path.parent}/.lock && umask 0 && ln -s {notes} {path.parent}/.lock && "
            f"""echo '{{"metrics": {{"enabled": true, "endpoint": "https://evil.example.org/"}}}}' >{path}"""
        )
        assert run_as(OTHER, home, "sh", "-c", plant).returncode == 0
        told = json.loads(metrics_as(VICTIM, home, "status", "--json").stdout)
        assert (told["consent"], told["measures"], told["sends"]) == ("undecided", False, False)
        assert (told["obstacle"], told["endpoint"]) == ("untrusted-config", "https://metrics.shimmy-ai.dev/v1/usage")
        refused = metrics_as(VICTIM, home, "enable")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "belongs to another user" in refused.stderr
        assert metrics_as(VICTIM, home, "disable").returncode == 0
        assert path.stat().st_uid == VICTIM
        assert json.loads(metrics_as(VICTIM, home, "status", "--json").stdout)["consent"] == "declined"
        opened = metrics_as(VICTIM, home, "enable")
        assert opened.returncode == 0
        assert f"Others could write {path.parent}. They no longer can." in opened.stdout
        assert path.parent.stat().st_mode & 0o777 == 0o755
        assert (notes.read_text(), notes.stat().st_uid) == ("mine", VICTIM)


@needs_users
def test_a_yes_of_ones_own_in_another_user_s_folder_is_none() -> None:
    with home_of(VICTIM) as home:
        metrics_as(VICTIM, home, "enable")
        folder = home.profile.config_path.parent
        folder.chmod(0o755)
        os.chown(folder, OTHER, OTHER)
        told = json.loads(metrics_as(VICTIM, home, "status", "--json").stdout)
        assert (told["consent"], told["obstacle"], told["sends"]) == ("undecided", "untrusted-config", False)


@needs_users
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_root_s_config_in_a_person_s_folder_is_no_yes_and_the_person_can_say_no(mode: int) -> None:
    with home_of(VICTIM) as home:
        assert metrics_as(VICTIM, home, "disable").returncode == 0
        path = home.profile.config_path
        path.write_text('{"metrics": {"enabled": true}}')
        os.chown(path, 0, 0)
        path.chmod(mode)
        status = metrics_as(VICTIM, home, "status", "--json")
        assert (json.loads(status.stdout)["measures"] is False) if mode == 0o644 else (status.returncode == 2)
        assert metrics_as(VICTIM, home, "disable").returncode == 0
        assert path.stat().st_uid == VICTIM
        assert metrics_as(VICTIM, home, "status").stdout.startswith("Metrics off")


@needs_users
def test_under_sudo_a_no_is_written_for_the_person_and_a_yes_is_refused() -> None:
    with home_of(VICTIM) as home:
        assert metrics_as(VICTIM, home, "enable").returncode == 0
        path = home.profile.config_path
        refused = home.metrics("enable")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "belongs to another user" in refused.stderr
        assert json.loads(home.metrics("status", "--json").stdout)["measures"] is False
        told = home.metrics("disable")
        assert json.loads(path.read_text())["metrics"]["enabled"] is False
        assert "Traceback" not in told.stderr
        assert {each.stat().st_uid for each in path.parent.iterdir()} == {VICTIM}
        assert metrics_as(VICTIM, home, "status").stdout.startswith("Metrics off")
        assert metrics_as(VICTIM, home, "enable").returncode == 0


@needs_setpriv
def test_in_a_folder_that_cannot_be_written_the_yes_is_overwritten(home: Home) -> None:
    home.metrics("enable")
    path = home.profile.config_path
    path.parent.chmod(0o500)
    told = unprivileged(home, "config", "--metrics", "disable")
    path.parent.chmod(0o700)
    assert (told.returncode, told.stderr) == (0, "")
    assert "permission denied" in told.stdout
    assert _consent(home) == "declined"


YES: Final = '{"metrics": {"enabled": true}, "theme": "dark"}'
TIGHT: Final = '{"theme":"dark","metrics":{"enabled":true}}'
DISKS: Final = {
    "full": ("size=16k", "head -c 100000 /dev/zero >rest 2>/dev/null; ! echo more 2>/dev/null >more; rm -f more"),
    "no inodes": (
        "nr_inodes=4",
        "touch a 2>/dev/null; touch b 2>/dev/null; touch c 2>/dev/null; ! touch d 2>/dev/null",
    ),
    "read-only": ("size=1m", "mount -o remount,ro ."),
}


def _on(disk: str, home: Home, text: str) -> tuple[str, subprocess.CompletedProcess[str], dict[str, object]]:
    """Withdraw where the config's disk is so; return the config's text after it, what was said, and the status."""
    place = home.profile.config_path.parent
    place.mkdir(parents=True)
    options, spoil = DISKS[disk]
    script = (
        f"mount -t tmpfs -o mode=700,{options} tmpfs {place} && cd {place} && "
        f"printf %s '{text}' >config.json && {spoil}; "
        'cd /; "$1" config --metrics disable; code=$?; echo ----; "$1" config --metrics status --json; echo ----; '
        f"cat {place}/config.json 2>/dev/null; exit $code"
    )
    ended = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", script, "sh", str(BIN / "shimmy")],
        env=home.environment, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    said, status, left = ended.stdout.split("----\n")
    return left, subprocess.CompletedProcess([], ended.returncode, said, ended.stderr), json.loads(status)


@needs_mount
@pytest.mark.parametrize("disk", ["full", "no inodes"])
def test_a_disk_without_room_keeps_no_yes(home: Home, disk: str) -> None:
    left, told, status = _on(disk, home, YES)
    assert (told.returncode, told.stderr) == (0, "")
    assert "no space left on device" in told.stdout
    assert "Metrics are off." in told.stdout
    assert left == YES.replace(" true", "false")
    assert status["consent"] == "declined"


@needs_mount
@pytest.mark.parametrize("disk", ["full", "no inodes"])
def test_where_the_yes_cannot_be_overwritten_either_the_file_goes_and_its_keys_are_printed(
    home: Home, disk: str
) -> None:
    left, told, status = _on(disk, home, TIGHT)
    assert (told.returncode, told.stderr, left) == (0, "", "")
    assert "It also held:" in told.stdout
    assert '"theme": "dark"' in told.stdout
    assert status["consent"] == "undecided"


@needs_mount
def test_on_a_read_only_disk_the_line_says_what_to_type(home: Home) -> None:
    left, told, status = _on("read-only", home, YES)
    assert (told.returncode, told.stdout, left) == (2, "", YES)
    (line,) = told.stderr.splitlines()
    assert "cannot be changed: read-only file system. Metrics are still on. Type: export SHIMMY_METRICS=off" in line
    assert status["consent"] == "granted"
    # And that is true.
    home.profile.config_path.write_text(YES)
    home.profile.config_path.chmod(0o600)
    home.profile.config_path.parent.chmod(0o700)
    assert json.loads(home.metrics("status", "--json").stdout)["measures"] is True
    off = json.loads(home.having(SHIMMY_METRICS="off").metrics("status", "--json").stdout)
    assert (off["measures"], off["sends"]) == (False, False)


def _whole(home: Home) -> Consent:
    path = home.profile.config_path
    return parse(path.read_bytes() if path.exists() else b"", str(path)).decision.consent


@needs_strace
@pytest.mark.parametrize("action", ["enable", "disable"])
@pytest.mark.parametrize("call", ["fsync:when=1", "rename:when=1", "fsync:when=2"])
def test_killed_while_it_writes_a_command_leaves_a_whole_config_and_nothing_for_long(
    home: Home, action: str, call: str
) -> None:
    before, after = ("disable", "enable") if action == "enable" else ("enable", "disable")
    home.metrics(before)
    stood = _whole(home)
    name, when = call.split(":")
    traced = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:{when}"]
    killed = subprocess.run(
        [*traced, str(BIN / "shimmy"), "config", "--metrics", action],
        env=home.environment, capture_output=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    placed = call == "fsync:when=2"
    assert _whole(home) is (stood if not placed else (Consent.GRANTED if action == "enable" else Consent.DECLINED))
    assert home.metrics(after).returncode == 0
    assert leftovers(home.profile.config_path) == []
    assert sorted(each.name for each in home.profile.config_path.parent.iterdir()) == [".lock", "config.json"]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_at_any_time_a_config_is_whole(home: Home, rounds: int) -> None:
    chance = random.Random(rounds)
    for _ in range(rounds):
        with subprocess.Popen(
            [str(BIN / "shimmy"), "config", "--metrics", chance.choice(["enable", "disable"])],
            env=home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            time.sleep(chance.uniform(0, 0.25))
            process.kill()
        _whole(home)
    assert home.metrics("disable").returncode == 0
    assert _whole(home) is Consent.DECLINED
    assert leftovers(home.profile.config_path) == []
