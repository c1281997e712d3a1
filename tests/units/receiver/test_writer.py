"""One thread writes for everybody: what waits goes together, and nobody is told anything that is not so."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Operation, Outcome, Recall, StoreError
from shimmy_metrics.receiver.writer import TOGETHER, Writer
from support.stored import DAY, MONDAY, row


@dataclass
class _Store:
    """Notes each commit's size. `free` lets it go on; `error` is what it raises."""

    commits: list[int] = field(default_factory=list)
    settled: list[bool] = field(default_factory=list)
    closed: bool = False
    error: Exception | None = None
    free: threading.Event = field(default_factory=threading.Event)
    days: set[date] = field(default_factory=set)

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        assert self.free.wait(10)
        self.commits.append(len(operations))
        self.days.add(day)
        if self.error is not None:
            raise self.error
        return [Outcome.RECALLED if isinstance(each, Recall) else Outcome.STORED for each in operations]

    def settle(self, *, quiet: bool) -> None:
        self.settled.append(quiet)
        raise StoreError("busy")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def store() -> _Store:
    made = _Store()
    made.free.set()
    return made


async def _wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it waits for happens in another thread
            await asyncio.sleep(0.005)


async def test_what_waits_while_one_is_written_is_committed_together_and_each_gets_its_own(store: _Store) -> None:
    store.free.clear()
    with Writer(store, lambda: DAY) as writer:
        first = asyncio.create_task(writer.submit([row()]))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(writer.submit([row(), Recall(b"a key"), row()])) for _ in range(50)]
        await asyncio.sleep(0)
        store.free.set()
        assert await first == [Outcome.STORED]
        for other in others:
            assert await other == [Outcome.STORED, Outcome.RECALLED, Outcome.STORED]
    assert store.commits == [1, 150]
    assert store.days == {DAY}
    assert store.closed


async def test_after_a_large_commit_a_small_one_waits_a_moment_for_more(
    store: _Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr("shimmy_metrics.receiver.writer.sleep", lambda _: over.wait(10))
    store.free.clear()
    with Writer(store, lambda: DAY) as writer:
        first = asyncio.create_task(writer.submit([row()]))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(writer.submit([row()])) for _ in range(20)]
        await asyncio.sleep(0)
        store.free.set()
        await asyncio.gather(first, *others)
        again = [asyncio.create_task(writer.submit([row()]))]
        await asyncio.sleep(0.05)
        again.append(asyncio.create_task(writer.submit([row()])))
        await asyncio.sleep(0)
        over.set()
        await asyncio.gather(*again)
        await writer.submit([row()])
    assert store.commits == [1, 20, 2, 1]


async def test_of_those_who_came_together_each_is_told_that_the_disk_hangs_but_who_has_left(store: _Store) -> None:
    store.free.clear()
    with Writer(store, lambda: DAY, patience=0.2) as writer:
        waiting = [asyncio.create_task(writer.submit([row()])) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(told[0], asyncio.CancelledError)
        assert [str(each) for each in told[1:]] == ["the disk takes too long"] * 4
        store.free.set()
        assert await writer.submit([row()]) == [Outcome.STORED]


async def test_a_commit_is_bounded(store: _Store) -> None:
    store.free.clear()
    with Writer(store, lambda: DAY) as writer:
        waiting = [asyncio.create_task(writer.submit([Recall(b"")] * 500)) for _ in range(20)]
        await asyncio.sleep(0.05)
        store.free.set()
        await asyncio.gather(*waiting)
    assert sum(store.commits) == 10_000
    assert max(store.commits) <= TOGETHER


async def test_a_full_queue_is_told_at_once_and_what_waits_is_still_done(store: _Store) -> None:
    store.free.clear()
    with Writer(store, lambda: DAY, waiting=3) as writer:
        first = asyncio.create_task(writer.submit([row()]))
        await asyncio.sleep(0.05)  # it is being written now
        waiting = [asyncio.create_task(writer.submit([row()])) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(StoreError, match="too many requests wait"):
            await writer.submit([row()])
        store.free.set()
        assert [await each for each in (first, *waiting)] == [[Outcome.STORED]] * 4
        assert await writer.submit([row()]) == [Outcome.STORED]
    assert sum(store.commits) == 5


@pytest.mark.parametrize(
    ("error", "said"),
    [(StoreError("the disk is almost full"), "the disk is almost full"), (TypeError("x"), r"the store failed \(TypeE")],
)
async def test_an_error_is_told_to_all_it_befell_and_the_next_are_written(
    store: _Store, error: Exception, said: str
) -> None:
    store.error = error
    with Writer(store, lambda: DAY) as writer:
        told = await asyncio.gather(*(writer.submit([row()]) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(each, StoreError) for each in told)
        store.error = None
        assert await writer.submit([row()]) == [Outcome.STORED]
        store.error = error
        with pytest.raises(StoreError, match=said):
            await writer.submit([row()])


async def test_who_has_left_delays_and_disturbs_nobody(store: _Store) -> None:
    store.free.clear()
    with Writer(store, lambda: DAY) as writer:
        leaving = asyncio.create_task(writer.submit([row()]))
        staying = asyncio.create_task(writer.submit([row()]))
        await asyncio.sleep(0.05)
        leaving.cancel()
        store.free.set()
        async with asyncio.timeout(5):
            assert await staying == [Outcome.STORED]
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_at_the_end_what_waits_is_written_and_the_rest_refused(store: _Store) -> None:
    store.free.clear()
    writer = Writer(store, lambda: DAY)
    with writer:
        waiting = [asyncio.create_task(writer.submit([row()])) for _ in range(3)]
        await asyncio.sleep(0.05)
        store.free.set()
    assert await asyncio.gather(*waiting) == [[Outcome.STORED]] * 3
    with pytest.raises(StoreError, match="stops"):
        async with asyncio.timeout(5):
            await writer.submit([row()])


async def test_files_are_settled_after_each_commit_and_quietly_when_none_comes(store: _Store) -> None:
    with Writer(store, lambda: DAY) as writer:
        await writer.submit([row()])
        await _wait_until(lambda: store.settled[:1] == [False])
        await _wait_until(lambda: True in store.settled)


def test_the_answers_of_several_loops_reach_each_its_own(store: _Store) -> None:
    told: list[list[Outcome]] = []
    with Writer(store, lambda: DAY) as writer:
        threads = [
            threading.Thread(target=lambda: told.append(asyncio.run(writer.submit([row(), row()])))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert told == [[Outcome.STORED] * 2] * 4


async def test_over_midnight_each_report_lies_in_the_day_on_which_it_was_written(tmp_path: Path) -> None:
    folder, today = prepared(tmp_path / "data"), DAY
    with closing(SqliteStore(folder)) as store:
        with Writer(store, lambda: today) as writer:
            assert await writer.submit([row()]) == [Outcome.STORED]
            today = DAY + timedelta(days=1)
            assert await writer.submit([row(), row()]) == [Outcome.STORED] * 2
            await _wait_until(lambda: not any(path.stat().st_size for path in folder.path.rglob("*-wal")))
        assert store.health().reports == {DAY: 1, DAY + timedelta(days=1): 2}
        assert sum(1 for _ in store.aggregate(MONDAY)) == 3


async def test_on_a_quiet_receiver_a_report_is_stored_in_far_less_than_its_sender_waits(tmp_path: Path) -> None:
    with closing(SqliteStore(prepared(tmp_path / "data"))) as store, Writer(store, lambda: DAY) as writer:
        await writer.submit([row()])
        begun = time.monotonic()
        await writer.submit([row() for _ in range(32)])
        assert time.monotonic() - begun < 1
