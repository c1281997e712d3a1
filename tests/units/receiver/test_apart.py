"""The process that writes: it says what became of each report, ends with the receiver, and is missed for a moment."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final
from unittest.mock import Mock, patch

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.apart import StoreApart
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.listener import Address
from shimmy_metrics.receiver.run import Options, run
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome, Recall, StoreError
from support.installed import LONGEST, wait_until
from support.stored import DAY, row

TESTS: Final = Path(__file__).parents[2]


@pytest.fixture
def apart(folder: Folder) -> Iterator[StoreApart]:
    with closing(StoreApart(folder)) as made:
        yield made


def _process(apart: StoreApart) -> int:
    assert apart._running is not None
    process, _ = apart._running
    assert process.pid is not None
    return process.pid


def test_each_outcome_is_told_and_what_is_stored_is_in_the_folder(apart: StoreApart, folder: Folder) -> None:
    first, second = row(), row(hashing=(bytes(range(32, 64)), bytes(32)))
    other = first._replace(check=b"another!")
    told = apart.append(DAY, [first, first, other, second, Recall(second.key, (b"an older",))])
    assert told == [Outcome.STORED, Outcome.DUPLICATE, Outcome.CONFLICT, Outcome.STORED, Outcome.RECALLED]
    with closing(SqliteStore(folder)) as store:
        assert store.health().reports == {DAY: 1}
        assert store.append(DAY, [first]) == [Outcome.DUPLICATE]


def test_the_files_are_settled_when_nothing_comes_and_at_the_end(apart: StoreApart, folder: Folder) -> None:
    def logs() -> int:
        return sum(path.stat().st_size for path in folder.path.rglob("*-wal"))

    apart.append(DAY, [row()])
    assert wait_until(lambda: logs() == 0, LONGEST)
    apart.append(DAY, [row()])
    apart.close()
    assert not list(folder.path.rglob("*-wal"))


def test_an_error_of_the_store_is_told_and_the_next_report_taken(apart: StoreApart, folder: Folder) -> None:
    folder.day(DAY).write_bytes(b"no database at all, and long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="not a database"):
        apart.append(DAY, [row()])
    assert apart.append(DAY + timedelta(days=1), [row()]) == [Outcome.STORED]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_where_it_was_killed_another_one_goes_on_and_other_signals_do_not_end_it(apart: StoreApart) -> None:
    first = row()
    apart.append(DAY, [first])
    before = _process(apart)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    assert apart.append(DAY, [first]) == [Outcome.DUPLICATE]
    os.kill(before, signal.SIGKILL)
    with pytest.raises(StoreError, match="has ended"):
        for _ in range(2):  # what was written into the pipe before its end may have seemed to arrive
            apart.append(DAY, [row()])
    assert apart.append(DAY, [first]) == [Outcome.DUPLICATE]
    assert _process(apart) != before


def test_where_no_process_can_be_started_a_receiver_says_so_and_one_that_runs_tries_again(
    apart: StoreApart, tmp_path: Path
) -> None:
    apart.close()
    none = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    with patch.object(SpawnProcess, "start", Mock(side_effect=none)):
        with pytest.raises(UserError, match="the store cannot be used: no process can be started: "):
            run(Options(tmp_path / "data", Address("127.0.0.1", 0)), Mock())
        with pytest.raises(StoreError, match="no process can be started"):
            apart.append(DAY, [row()])
    assert apart.append(DAY, [row()]) == [Outcome.STORED]


_RECEIVES: Final = """
import sys, time
from pathlib import Path
from shimmy_metrics.receiver.apart import StoreApart
from shimmy_metrics.receiver.folder import Folder
from support.stored import DAY, row
if __name__ == "__main__":
    store = StoreApart(Folder(Path(sys.argv[1])))
    store.append(DAY, [row()])
    print(flush=True)
    time.sleep(600)
"""


def test_it_ends_when_the_receiver_is_killed_and_settles_what_was_written(folder: Folder, tmp_path: Path) -> None:
    script = tmp_path / "receives.py"
    script.write_text(_RECEIVES)
    variables = os.environ | {"PYTHONPATH": str(TESTS)}
    words = [sys.executable, str(script), str(folder.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=variables) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        process.kill()
        # The output ends when nobody holds it any more.
        assert process.communicate(timeout=LONGEST)[0] == b""
    assert not list(folder.path.rglob("*-wal"))
