"""What the receiver has acknowledged is stored once and for good: beside others, killed at any moment."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome
from shimmy_metrics.report.seal import seal
from support.appending import numbered, outcomes
from support.installed import LONGEST, Home, wait_until
from support.receive_process import receive
from support.stored import DAY, MONDAY, report
from support.whole_day import today

__all__ = ["today"]

TESTS: Final = Path(__file__).parents[1]
KILLS: Final = 20
AT_ONCE: Final = 4
MANY: Final = 100_000

STORED: Final = Outcome.STORED.value


def _start(folder: Folder, said: Path, seed: int, reports: int, times: int = 1) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "support.appending", str(folder.path), *map(str, (seed, reports, times))]
    with said.open("wb") as output:
        return subprocess.Popen(words, stdout=output, stderr=subprocess.PIPE, cwd=TESTS, start_new_session=True)


def _held(folder: Folder) -> int:
    with closing(SqliteStore(folder)) as store:
        counted = store.health().reports.get(DAY, 0)
        assert counted == sum(1 for _ in store.aggregate(MONDAY))
        return counted


@pytest.mark.thorough
def test_what_was_acknowledged_survives_twenty_kills_of_processes_under_load(tmp_path: Path) -> None:
    folder, draw = prepared(tmp_path / "data"), random.Random(18)
    said = [tmp_path / f"said {number}" for number in range(KILLS)]
    running: deque[tuple[subprocess.Popen[bytes], Path]] = deque()
    for seed, file in enumerate(said):
        running.append((_start(folder, file, seed, MANY), file))
        if len(running) == AT_ONCE:
            _kill(*running.popleft(), draw.uniform(0, 0.15))
    for process, file in running:
        _kill(process, file, 0)
    told = sum((outcomes(file.read_bytes()) for file in said), Counter())
    acknowledged = {number for number, _ in told}
    assert len(acknowledged) > KILLS
    assert all(result in (STORED, Outcome.DUPLICATE.value) for _, result in told)
    assert max(times for (_, result), times in told.items() if result == STORED) == 1
    held = _held(folder)
    with closing(SqliteStore(folder)) as store:
        assert set(store.append(DAY, [numbered(number) for number in acknowledged])) == {Outcome.DUPLICATE}
    assert _held(folder) == held >= len(acknowledged)


def _kill(process: "subprocess.Popen[bytes]", said: Path, later: float) -> None:
    """Kill it, and the process that writes for it, so many seconds after it has acknowledged the first."""
    assert wait_until(lambda: said.stat().st_size > 0, LONGEST), "nothing was acknowledged"
    time.sleep(later)
    assert process.poll() is None, "it ended before it was killed"
    os.killpg(process.pid, signal.SIGKILL)
    _end(process)


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Wait until it has ended, and the process that writes for it; return its exit code."""
    process.communicate(timeout=LONGEST * 4)  # its errors end when neither holds them any more
    return process.returncode


@pytest.mark.thorough
def test_ten_thousand_reports_three_times_each_through_two_processes_are_ten_thousand(tmp_path: Path) -> None:
    folder, reports = prepared(tmp_path / "data"), 10_000
    said = [tmp_path / "one", tmp_path / "other"]
    running = [_start(folder, file, seed, reports, 3) for seed, file in enumerate(said)]
    assert [_end(process) for process in running] == [0, 0]
    told = sum((outcomes(file.read_bytes()) for file in said), Counter())
    assert {number for number, _ in told} == set(range(reports))
    assert sum(told.values()) == 2 * 3 * reports
    assert Counter(result for number, result in told.elements()) == {STORED: reports, "duplicate": 5 * reports}
    assert _held(folder) == reports


@contextmanager
def _traced(process: int, into: Path) -> Iterator[None]:
    """Write the system calls of a process, and of those that it has started, into a file, with their descriptors."""
    calls = "fsync,fdatasync,write,writev,send,sendto,sendmsg"
    started = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    traced = [word for each in (str(process), *started) for word in ("-p", each)]
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "40", "-e", f"trace={calls}", "-o", str(into), *traced], stderr=subprocess.PIPE
    )
    try:
        assert tracer.stderr is not None
        for _ in range(1 + len(started)):
            line = tracer.stderr.readline().decode()
            if "attached" not in line:
                pytest.skip(f"a process cannot be traced here: {line.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_days_file_alone_is_synced_before_each_report_is_acknowledged(
    home: Home, tmp_path: Path, today: date
) -> None:
    calls = tmp_path / "calls"
    with receive(home) as running:
        with _traced(running.process.pid, calls):
            for _ in range(10):
                made = report() | {"timestamp": f"{today}T00:00:00Z"}
                assert running.post(seal(made).body).status == 200
        assert running.stop() == 0
        assert running.held() == 10
    synced: list[set[str]] = [set()]
    for line in calls.read_text().splitlines():
        if sync := re.search(r"f(?:data)?sync\(\d+<([^>]*)>\)\s*= 0|f(?:data)?sync\(\d+<([^>]*)>", line):
            synced[-1].add(os.path.basename(sync[1] or sync[2]))
        elif "HTTP/1.1 200" in line:
            synced.append(set())
    *before_each, _ = synced
    assert len(before_each) == 10
    for files in before_each:
        assert f"{today}.db-wal" in files
    # The first one also notes the day and may find the files being made; another sync would double what a commit costs.
    assert set.union(*before_each[1:]) == {f"{today}.db-wal"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows's locks belong to a handle")
def test_a_look_at_the_files_lets_no_other_process_delete_what_is_being_written(tmp_path: Path) -> None:
    """A closed descriptor of a database drops its process's locks; then another's last close deletes the live log."""
    folder = prepared(tmp_path / "data")
    with closing(SqliteStore(folder)) as store:
        store.append(DAY, [numbered(0)])
        store.health()
        store.find_canary(bytes(16))
        list(store.aggregate(MONDAY))
        other = _start(folder, tmp_path / "said", 1, 1)
        assert _end(other) == 0
        for number in range(1, 5):
            store.append(DAY, [numbered(number)])
        assert folder.day(DAY).with_name(f"{folder.day(DAY).name}-wal").exists()
        # What a power cut would leave.
        shutil.copytree(folder.path, tmp_path / "left")
    assert _held(Folder(tmp_path / "left")) == 5
