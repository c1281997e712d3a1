"""From accepted reports to durable rows: also where the disk hangs, or too much waits."""

import asyncio
import json
import threading
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from shimmy_metrics.receiver.accepted import accept
from shimmy_metrics.receiver.intake import Intake
from shimmy_metrics.receiver.store import Operation, Outcome, StoreError, UnconfirmedError
from shimmy_metrics.receiver.writer import Writer
from support.in_thread import in_thread
from support.memory_store import MemoryStore
from support.samples import SESSION_ID, sealed, today

HASHING = (bytes(32),)
BODY = sealed().body
REPORT = accept(json.loads(BODY), BODY)


class _Store(MemoryStore):
    def settle(self, *, quiet: bool) -> None: ...


class _Hanging(_Store):
    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        self.released.wait(20)
        return super().append(day, operations)


async def test_what_is_stored_is_known_by_keyed_hashes_alone() -> None:
    store = _Store()
    async with Writer(in_thread(store), today) as writer:
        made = Intake(writer.submit, HASHING)
        assert await made.store([REPORT]) == [Outcome.STORED]
        assert await made.store([REPORT]) == [Outcome.DUPLICATE]
        (row,) = (row for _, row in store.rows.values())
        assert len(row.key) == len(row.check) == 8
        assert SESSION_ID not in repr(row)
        await made.recall(SESSION_ID)
        assert await made.store([REPORT]) == [Outcome.RECALLED]
    assert not store.rows


async def test_a_recall_is_confirmed_again_once_nothing_can_stand_under_a_lost_key() -> None:
    now = today()
    async with Writer(in_thread(_Store()), today) as writer:
        made = Intake(writer.submit, HASHING, certain_from=today() + timedelta(days=2), today=lambda: now)
        assert await made.store([REPORT]) == [Outcome.STORED]
        for _ in range(2):
            with pytest.raises(UnconfirmedError):
                await made.recall(SESSION_ID)
            now += timedelta(days=1)
        await made.recall(SESSION_ID)
        assert await made.store([REPORT]) == [Outcome.RECALLED]


async def test_a_disk_that_hangs_is_not_waited_for() -> None:
    store = _Hanging()
    async with Writer(in_thread(store), today, patience=0.5) as writer:
        made = Intake(writer.submit, HASHING)
        with pytest.raises(StoreError, match="too long"):
            await made.store([REPORT])
        store.released.set()
        while not store.rows:  # noqa: ASYNC110 - the store's thread says nothing
            await asyncio.sleep(0.01)
        assert await made.store([REPORT]) == [Outcome.DUPLICATE]  # it was stored all the same, and counts once


async def test_more_than_may_wait_is_told_to_come_again() -> None:
    store = _Hanging()
    async with Writer(in_thread(store), today, waiting=1) as writer:
        made = Intake(writer.submit, HASHING)
        tasks = [asyncio.create_task(made.store([REPORT])) for _ in range(5)]
        await asyncio.sleep(0.2)
        store.released.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [each for each in results if isinstance(each, StoreError)]
    assert len(refused) >= 3
    assert [each for each in results if each == [Outcome.STORED]] == [[Outcome.STORED]]
