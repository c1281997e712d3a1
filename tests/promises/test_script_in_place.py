"""A script may stand in the server's place and start it: its clients are served, and no stranger gets a byte."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.installed import BIN, LONGEST, Home, announced, wait_until
from support.servers import ask, free_port, listening, wait_for
from support.stand_in import stand_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own is measured on Linux alone")

ONCE: Final = '{server} "$@" & echo $! >{pid}; wait'
AGAIN: Final = 'while :; do {server} "$@" & echo $! >{pid}; wait; done'
ROBBED: Final = (
    '{server} "$@" & echo $! >{pid}; wait; '
    '(setsid {python} -m support.port_thief {record} "${{SHIMMY_BIND_ADDRESS##*:}}" </dev/null >/dev/null 2>&1 '
    "& echo $! >{pid}); exec sleep 30"
)
"""The server ends, and behind it nobody's child takes its port."""

IMPATIENT: Final = """
import sys
from shimmy_metrics.cli.main import shimmy
from shimmy_metrics.serve import child_proxy
child_proxy._UNHEARD_SECONDS = 0.1
sys.exit(shimmy())
"""


def _end(pid: Path) -> None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        os.kill(int(pid.read_text()), signal.SIGKILL)


@contextlib.contextmanager
def _served(folder: Path, script: str) -> "Iterator[tuple[int, subprocess.Popen[str]]]":
    words = {"server": stand_in(folder), "python": BIN / "python", "record": folder / "record", "pid": folder / "pid"}
    path = folder / "script"
    path.write_text(f"#!/bin/sh\n{script.format(**words)}\n")
    path.chmod(0o755)
    home = Home(folder, {"SHIMMY_BIN": str(path), "PYTHONPATH": str(Path(__file__).parents[1])})
    home.agree()
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:
        try:
            wait_for(port, process)
            yield port, process
        finally:
            process.kill()  # what the script started outlives it, and holds our pipes
            process.wait(LONGEST)  # the script's own end is sent by then: else it would start another
            _end(folder / "pid")


def _answered(port: int) -> bool:
    with contextlib.suppress(OSError):
        return ask(port)[0] == 200
    return False


def test_a_server_that_a_script_starts_is_served_and_measured(tmp_path: Path) -> None:
    with _served(tmp_path, ONCE) as (port, process):
        assert "measured at" in announced(process)
        assert _answered(port)


def test_what_the_script_starts_in_its_place_is_served(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with _served(tmp_path, AGAIN) as (port, _):
        assert _answered(port)
        first = pid.read_text()
        _end(pid)
        assert wait_until(lambda: pid.read_text() != first and _answered(port))
        assert _answered(port)  # the first one behind the change was let in by a look, this one by what it found


def test_a_stranger_that_takes_the_port_behind_it_gets_no_byte(tmp_path: Path) -> None:
    record, pid = tmp_path / "record", tmp_path / "pid"
    with _served(tmp_path, ROBBED) as (port, _):
        assert _answered(port)
        _end(pid)
        assert wait_until(record.exists)
        for _ in range(3):
            assert not _answered(port)
    assert set(record.read_text().split()) <= {"0"}


def test_where_the_server_does_not_listen_a_line_says_why_no_client_is_served(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_BIN": str(_slow(tmp_path))})
    home.agree()
    port = free_port()
    words = [sys.executable, "-c", IMPATIENT, "serve", "--bind", f"127.0.0.1:{port}"]
    with home.started_program(words) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert not listening(port)
        process.terminate()
        process.wait(LONGEST)
    assert said.startswith("shimmy-metrics: the server does not listen at 127.0.0.1:")
    assert "SHIMMY_METRICS=off" in said


def _slow(folder: Path) -> Path:
    path = folder / "slow"
    path.write_text("#!/bin/sh\nexec sleep 60\n")
    path.chmod(0o755)
    return path
