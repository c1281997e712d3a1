"""A config that cannot be used: one clear line, metrics off, and the file as it was; the server starts all the same."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from support.installed import BIN, LONGEST, Home
from support.one_line import assert_one_line, assert_trouble_line, can_mount, needs_setpriv, unprivileged
from support.queue_report import queue_report

ACTIONS: Final = ("enable", "disable", "preview", "export", "validate")
Make = Callable[[Path], object]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text('{\n "metrics": {"enabled": tru'),
        lambda path: path.write_text('{"metrics": {"enabled": true, "endpoint": 7}}'),
        lambda path: path.write_bytes(b" " * 10_000_000),
        lambda path: path.mkdir(),
        os.mkfifo,
        lambda path: path.symlink_to(path.name),
    ],
    ids=["no JSON", "no address", "10 MB", "a directory", "a FIFO", "a link to itself"],
)
def test_a_config_that_cannot_be_used_is_said_and_left_as_it_is(home: Home, make: Make) -> None:
    path = home.profile.config_path
    path.parent.mkdir(parents=True)
    make(path)
    before = path.lstat()
    for action in ACTIONS:
        assert_one_line(home.metrics(action), path)
    shown = home.metrics("status")
    assert_trouble_line(shown, path)
    assert shown.stdout.startswith("Metrics off: config unusable.\n")
    told = json.loads(home.metrics("status", "--json").stdout)
    assert (told["consent"], told["measures"], told["sends"], len(told["troubles"])) == (None, False, False, 1)
    assert (told["only_for_me"], told["delivery"], told["schema_version"]) == (None, None, None)
    after = path.lstat()
    assert (after.st_mtime_ns, after.st_size, after.st_ino) == (before.st_mtime_ns, before.st_size, before.st_ino)
    assert {each.name for each in path.parent.iterdir()} <= {path.name, ".lock"}


@needs_setpriv
@pytest.mark.parametrize("locked", ["config.json", ".", ".."])
def test_a_config_that_may_not_be_read_is_said(home: Home, locked: str) -> None:
    home.metrics("enable")
    place = (home.profile.config_path.parent / locked).resolve()  # no way back leads through what is locked
    place.chmod(0)
    try:
        for action in ("enable", "disable"):
            assert_one_line(unprivileged(home, "config", "--metrics", action), home.profile.config_path)
        assert_trouble_line(unprivileged(home, "config", "--metrics", "status"), home.profile.config_path)
    finally:
        place.chmod(0o700)
    assert json.loads(home.metrics("status", "--json").stdout)["consent"] == "granted"


def test_a_config_that_cannot_be_used_never_keeps_the_server_from_starting(home: Home) -> None:
    path = home.profile.config_path
    path.parent.mkdir(parents=True)
    path.write_text("{")
    served = _served(home)
    assert served.startswith(f"shimmy-metrics: not measured: {path}:1: ")
    assert len(served.splitlines()) == 1


def test_serve_says_why_a_yes_that_is_recorded_does_not_count(home: Home) -> None:
    home.metrics("enable")
    home.profile.config_path.chmod(0o666)
    assert _served(home) == f"shimmy-metrics: not measured: others may write {home.profile.config_path}\n"
    assert not _served(home.having(DO_NOT_TRACK="1"))  # who set it knows
    home.metrics("disable")
    home.profile.config_path.chmod(0o666)
    assert not _served(home)  # a no counts whoever may have written it


def _served(home: Home) -> str:
    """Run `serve` before a server that only prints its arguments; return what stands on standard error."""
    binary = home.root / "real"
    binary.write_text('#!/bin/sh\necho "$@"\n')
    binary.chmod(0o755)
    served = home.having(SHIMMY_BIN=str(binary)).run("serve", "--bind", "auto")
    assert (served.returncode, served.stdout) == (0, "serve --bind auto\n")
    return served.stderr


@pytest.mark.skipif(not can_mount(), reason="this user may mount nothing")
@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_disk_that_takes_nothing_is_said_and_loses_nothing(home: Home, trouble: str) -> None:
    place = home.profile.config_path.parent
    place.mkdir(parents=True)
    fill = f"head -c 100000 /dev/zero >{place}/rest 2>/dev/null"
    closed = {"full": fill, "read-only": f"mount -o remount,ro {place}"}[trouble]
    steps = (
        f"mount -t tmpfs -o size=8k,mode=700 tmpfs {place} && echo '{{\"theirs\":1}}' >{place}/config.json && {closed}"
    )
    script = f'{steps}; "$1" config --metrics enable; code=$?; cat {place}/config.json; ls -A {place}; exit $code'
    ended = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", script, "sh", str(BIN / "shimmy")],
        env=home.environment, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert_one_line(subprocess.CompletedProcess([], ended.returncode, "", ended.stderr), home.profile.config_path)
    left = ".lock\nconfig.json\nrest\n" if trouble == "full" else "config.json\n"
    assert ended.stdout == f'{{"theirs":1}}\n{left}'


def test_deleting_a_damaged_config_withdraws_as_its_remedy_says(home: Home) -> None:
    home.metrics("enable")
    queue_report(home)
    home.profile.config_path.write_text("{")
    told = home.metrics("status")
    assert "correct the file, or delete it, which withdraws and asks anew" in told.stderr
    assert "  waiting   1 report" in told.stdout  # a file that cannot be read decides nothing
    home.profile.config_path.unlink()
    after = home.metrics("status")
    assert (after.returncode, after.stderr) == (0, "")
    assert after.stdout.startswith("Not decided: nothing is measured.\n")
    assert "Deleted: 1 report that was never sent." in after.stdout
