"""One process writes for everybody: what waits goes together, and nobody is told anything that is not so."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from shimmy_metrics.receiver import writer as writing
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Operation, Outcome, Recall, StoreError
from shimmy_metrics.receiver.writer import TOGETHER, UNDER_WAY, Writer
from support.in_thread import in_thread
from support.stored import DAY, MONDAY, row
from support.timely import in_time


@dataclass
class _Store:
    """Notes each commit's size. `free` lets it go on; `errors` are what the next commits raise, None for nothing."""

    commits: list[int] = field(default_factory=list)
    settled: list[bool] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)
    days: set[date] = field(default_factory=set)

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        assert self.free.wait(10)
        self.commits.append(len(operations))
        self.days.add(day)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return [Outcome.RECALLED if isinstance(each, Recall) else Outcome.STORED for each in operations]

    def settle(self, *, quiet: bool) -> None:
        self.settled.append(quiet)
        raise StoreError("busy")


@pytest.fixture
def store() -> _Store:
    made = _Store()
    made.free.set()
    return made


async def _wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it waits for happens in another thread
            await asyncio.sleep(0.005)


async def _submitted(writer: Writer, *requests: Sequence[Operation]) -> "list[asyncio.Task[list[Outcome]]]":
    """Submit requests together, and go on once they are sent or wait for an answer to another batch."""
    tasks = [asyncio.create_task(writer.submit(each)) for each in requests]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_what_waits_while_others_are_written_is_committed_together_and_each_gets_its_own(store: _Store) -> None:
    store.free.clear()
    async with Writer(in_thread(store), lambda: DAY) as writer:
        sent = [(await _submitted(writer, [row()]))[0] for _ in range(UNDER_WAY)]
        several: Sequence[Operation] = [row(), Recall(b"a key"), row()]
        others = await _submitted(writer, *[several] * 50)
        store.free.set()
        assert await asyncio.gather(*sent) == [[Outcome.STORED]] * UNDER_WAY
        for other in others:
            assert await other == [Outcome.STORED, Outcome.RECALLED, Outcome.STORED]
    assert store.commits == [*[1] * UNDER_WAY, 150]
    assert store.days == {DAY}


async def test_after_a_large_commit_a_small_one_waits_a_moment_for_more(
    store: _Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_COLLECT_SECONDS", 1.0)
    async with Writer(in_thread(store), lambda: DAY) as writer:
        await asyncio.gather(*await _submitted(writer, *[[row()]] * 20))
        first = await _submitted(writer, [row()])
        await asyncio.gather(*first, *await _submitted(writer, [row()]))
        monkeypatch.setattr(writing, "_COLLECT_SECONDS", 600.0)
        await writer.submit([row()])
    assert store.commits == [20, 2, 1]


async def test_behind_a_batch_that_is_written_a_smaller_one_waits_for_more(store: _Store) -> None:
    store.free.clear()
    async with Writer(in_thread(store), lambda: DAY) as writer:
        waiting = await _submitted(writer, *[[row()]] * 20)
        for _ in range(3):
            waiting += await _submitted(writer, *[[row()]] * 6)
        store.free.set()
        await asyncio.gather(*waiting)
        store.free.clear()
        waiting = [*await _submitted(writer, *[[row()]] * 20), *await _submitted(writer, *[[row()]] * 20)]
        waiting += await _submitted(writer, *[[row()]] * 30)
        store.free.set()
        await asyncio.gather(*waiting)
    assert store.commits == [20, 18, 20, 20, 30]


async def test_of_those_who_came_together_each_is_told_that_the_disk_hangs_but_who_has_left(store: _Store) -> None:
    store.free.clear()
    async with Writer(in_thread(store), lambda: DAY, patience=0.2) as writer:
        waiting = [(await _submitted(writer, [row()]))[0] for _ in range(5)]
        waiting[0].cancel()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(told[0], asyncio.CancelledError)
        assert [str(each) for each in told[1:]] == ["the disk takes too long"] * 4
        store.free.set()
        assert await writer.submit([row()]) == [Outcome.STORED]
        store.free.clear()
        waiting = await _submitted(writer, [row()])
        await asyncio.sleep(0.1)
        waiting += await _submitted(writer, [row()])  # whose time ends later
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(each) for each in told] == ["the disk takes too long"] * 2
        store.free.set()


async def test_a_commit_is_bounded(store: _Store) -> None:
    async with Writer(in_thread(store), lambda: DAY) as writer:
        await asyncio.gather(*await _submitted(writer, *[[Recall(b"")] * 500] * 20))
    assert sum(store.commits) == 10_000
    assert max(store.commits) == TOGETHER


async def test_a_full_queue_is_told_at_once_and_what_waits_is_still_done(store: _Store) -> None:
    store.free.clear()
    async with Writer(in_thread(store), lambda: DAY, waiting=3) as writer:
        sent = [(await _submitted(writer, [row()]))[0] for _ in range(UNDER_WAY)]
        waiting = await _submitted(writer, *[[row()]] * 3)
        with pytest.raises(StoreError, match="too many requests wait"):
            await writer.submit([row()])
        store.free.set()
        assert await asyncio.gather(*sent, *waiting) == [[Outcome.STORED]] * (UNDER_WAY + 3)
        assert await writer.submit([row()]) == [Outcome.STORED]
    assert sum(store.commits) == UNDER_WAY + 4


@pytest.mark.parametrize(
    ("error", "said"),
    [(StoreError("the disk is almost full"), "the disk is almost full"), (TypeError("x"), r"the store failed \(TypeE")],
)
async def test_an_error_is_told_to_all_it_befell_and_the_next_are_written(
    store: _Store, error: Exception, said: str
) -> None:
    store.errors = [error, None, error]
    async with Writer(in_thread(store), lambda: DAY) as writer:
        told = await asyncio.gather(*(writer.submit([row()]) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(each, StoreError) for each in told)
        assert await writer.submit([row()]) == [Outcome.STORED]
        with pytest.raises(StoreError, match=said):
            await writer.submit([row()])


@pytest.mark.parametrize("failing", [0, 1])
async def test_of_two_batches_under_way_the_one_that_fails_is_told_so_and_the_other_is_stored(
    store: _Store, failing: int
) -> None:
    store.free.clear()
    store.errors = [StoreError("failed") if number == failing else None for number in range(UNDER_WAY)]
    async with Writer(in_thread(store), lambda: DAY) as writer:
        batches = [await _submitted(writer, *[[row(), row()]] * 3) for _ in range(UNDER_WAY)]
        assert not store.commits
        store.free.set()
        told = [await asyncio.gather(*each, return_exceptions=True) for each in batches]
        for number, each in enumerate(told):
            said = "failed" if number == failing else str([Outcome.STORED] * 2)
            assert [str(one) for one in each] == [said] * 3
    assert store.commits == [6] * UNDER_WAY


async def test_who_has_left_delays_and_disturbs_nobody(store: _Store) -> None:
    store.free.clear()
    async with Writer(in_thread(store), lambda: DAY) as writer:
        leaving, staying = await _submitted(writer, [row()], [row()])
        leaving.cancel()
        store.free.set()
        async with asyncio.timeout(5):
            assert await staying == [Outcome.STORED]
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_at_the_end_what_waits_is_written_and_the_rest_refused(store: _Store) -> None:
    store.free.clear()
    async with Writer(in_thread(store), lambda: DAY) as writer:
        waiting = [(await _submitted(writer, [row()]))[0] for _ in range(UNDER_WAY + 2)]
        asyncio.get_running_loop().call_later(0.1, store.free.set)
    assert await asyncio.gather(*waiting) == [[Outcome.STORED]] * (UNDER_WAY + 2)
    with pytest.raises(StoreError, match="stops"):
        async with asyncio.timeout(5):
            await writer.submit([row()])


async def test_files_are_settled_after_each_commit_and_quietly_when_none_comes(store: _Store) -> None:
    async with Writer(in_thread(store), lambda: DAY) as writer:
        await writer.submit([row()])
        await _wait_until(lambda: False in store.settled)
        await _wait_until(lambda: store.settled[-1])


async def test_over_midnight_each_report_lies_in_the_day_on_which_it_was_written(tmp_path: Path) -> None:
    folder, today = prepared(tmp_path / "data"), DAY
    with closing(SqliteStore(folder)) as store:
        async with Writer(in_thread(store), lambda: today) as writer:
            assert await writer.submit([row()]) == [Outcome.STORED]
            today = DAY + timedelta(days=1)
            assert await writer.submit([row(), row()]) == [Outcome.STORED] * 2
            await _wait_until(lambda: not any(path.stat().st_size for path in folder.path.rglob("*-wal")))
        assert store.health().reports == {DAY: 1, DAY + timedelta(days=1): 2}
        assert sum(1 for _ in store.aggregate(MONDAY)) == 3


async def test_on_a_quiet_receiver_a_report_is_stored_in_far_less_than_its_sender_waits(tmp_path: Path) -> None:
    with closing(SqliteStore(prepared(tmp_path / "data"))) as store:
        async with Writer(in_thread(store), lambda: DAY) as writer:
            await writer.submit([row()])
            begun = time.monotonic()
            await writer.submit([row() for _ in range(32)])
            assert in_time(time.monotonic() - begun, 1)
