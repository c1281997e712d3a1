"""The process that writes: it says what became of each report, ends with the receiver, and is missed for a moment."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from multiprocessing import active_children
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final
from unittest.mock import Mock, patch

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.listener import Address
from shimmy_metrics.receiver.run import Options, run
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome, Recall, StoreError
from shimmy_metrics.receiver.writer import Writer
from shimmy_metrics.receiver.writing_process import start
from support.in_thread import in_thread
from support.installed import LONGEST, wait_until
from support.stored import DAY, row

TESTS: Final = Path(__file__).parents[2]


@asynccontextmanager
async def _writer(folder: Folder) -> AsyncIterator[Writer]:
    async with asyncio.timeout(LONGEST), Writer(lambda: start(folder), lambda: DAY) as made:
        yield made


def _process() -> int:
    (pid,) = (each.pid for each in active_children() if each.name == "writer")
    assert pid is not None
    return pid


async def test_each_outcome_is_told_and_what_is_stored_is_in_the_folder(folder: Folder) -> None:
    first, second = row(), row(hashing=(bytes(range(32, 64)), bytes(32)))
    other = first._replace(check=b"another!")
    async with _writer(folder) as writer:
        told = await writer.submit([first, first, other, second, Recall(second.key, (b"an older",))])
    assert told == [Outcome.STORED, Outcome.DUPLICATE, Outcome.CONFLICT, Outcome.STORED, Outcome.RECALLED]
    with closing(SqliteStore(folder)) as store:
        assert store.health().reports == {DAY: 1}
        assert store.append(DAY, [first]) == [Outcome.DUPLICATE]


async def test_the_files_are_settled_when_nothing_comes_and_at_the_end(folder: Folder) -> None:
    def logs() -> int:
        return sum(path.stat().st_size for path in folder.path.rglob("*-wal"))

    async with _writer(folder) as writer:
        await writer.submit([row()])
        assert await asyncio.to_thread(wait_until, lambda: logs() == 0, LONGEST)
        await writer.submit([row()])
    assert not list(folder.path.rglob("*-wal"))
    assert not active_children()


async def test_an_error_of_the_store_is_told_and_the_next_report_taken(folder: Folder) -> None:
    today = DAY
    folder.day(DAY).write_bytes(b"no database at all, and long enough to be looked at" * 100)
    async with Writer(lambda: start(folder), lambda: today) as writer:
        with pytest.raises(StoreError, match="not a database"):
            await writer.submit([row()])
        today += timedelta(days=1)
        assert await writer.submit([row()]) == [Outcome.STORED]


async def test_a_batch_with_which_a_store_has_something_wrong_is_answered_and_so_is_the_next() -> None:
    store = Mock(append=Mock(side_effect=[ValueError("what a row held"), [Outcome.STORED]]))
    async with Writer(in_thread(store), lambda: DAY) as writer:
        with pytest.raises(StoreError, match=r"^the store failed \(ValueError\)$"):
            await writer.submit([row()])
        assert await writer.submit([row()]) == [Outcome.STORED]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which signals a process blocks")
def test_no_signal_that_ends_the_receiver_ends_it_from_its_first_moment_on(folder: Folder) -> None:
    """In an interpreter of its own, whose first process is preceded by another, which lets signals through again."""
    told = subprocess.run(
        [sys.executable, "-c", _STARTED, str(folder.path)], capture_output=True, text=True, check=True
    ).stdout.split()
    ends = 1 << signal.SIGINT - 1 | 1 << signal.SIGTERM - 1
    blocked, blocked_here = (int(each, 16) & ends for each in told)
    assert (blocked, blocked_here) == (ends, 0)


_STARTED: Final = """
import sys
from multiprocessing import active_children
from pathlib import Path
from shimmy_metrics.receiver.writing_process import start
from shimmy_metrics.receiver.folder import Folder

started = start(Folder(Path(sys.argv[1])))
for process in (active_children()[0].pid, "self"):
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    print(next(line.split()[1] for line in status if line.startswith("SigBlk:")))
started.connection.close()
started.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
async def test_where_it_was_killed_another_one_goes_on_and_other_signals_do_not_end_it(folder: Folder) -> None:
    first = row()
    async with _writer(folder) as writer:
        await writer.submit([first])
        before = _process()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(before, number)
        assert await writer.submit([first]) == [Outcome.DUPLICATE]
        os.kill(before, signal.SIGSTOP)
        waiting = [asyncio.create_task(writer.submit([row()])) for _ in range(3)]
        for _ in range(5):
            await asyncio.sleep(0)  # they are on their way
        os.kill(before, signal.SIGKILL)
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(each) for each in told] == ["the process that writes has ended"] * 3
        assert await writer.submit([first]) == [Outcome.DUPLICATE]
        assert _process() != before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
async def test_where_no_process_can_be_started_a_receiver_says_so_and_one_that_runs_tries_again(
    folder: Folder, tmp_path: Path
) -> None:
    none = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    async with _writer(folder) as writer:
        os.kill(_process(), signal.SIGKILL)
        with patch.object(SpawnProcess, "start", Mock(side_effect=none)):
            with pytest.raises(UserError, match="the store cannot be used: no process can be started: "):
                await asyncio.to_thread(run, Options(tmp_path / "other", Address("127.0.0.1", 0)), Mock())
            assert await asyncio.to_thread(wait_until, lambda: not active_children(), LONGEST)
            with pytest.raises(StoreError, match="no process can be started"):
                await writer.submit([row()])
        assert await writer.submit([row()]) == [Outcome.STORED]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
async def test_where_there_is_no_descriptor_for_it_another_process_is_started_later(folder: Folder) -> None:
    none = OSError(errno.EMFILE, "Too many open files")
    async with _writer(folder) as writer:
        os.kill(_process(), signal.SIGKILL)
        assert await asyncio.to_thread(wait_until, lambda: not active_children(), LONGEST)
        started = patch.object(socket, "socketpair", side_effect=none)
        with started, pytest.raises(StoreError, match="no process can be started: "):
            await writer.submit([row()])
        reached = patch.object(asyncio.get_running_loop(), "connect_accepted_socket", side_effect=none)
        with reached, pytest.raises(StoreError, match="no process can be reached: "):
            await writer.submit([row()])
        assert await writer.submit([row()]) == [Outcome.STORED]
        assert await asyncio.to_thread(wait_until, lambda: len(active_children()) == 1, LONGEST)


_RECEIVES: Final = """
import asyncio, sys
from pathlib import Path
from shimmy_metrics.receiver.writing_process import start
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.writer import Writer
from support.stored import DAY, row

async def receive():
    async with Writer(lambda: start(Folder(Path(sys.argv[1]))), lambda: DAY) as writer:
        await writer.submit([row()])
        print(flush=True)
        await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(receive())
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
