"""A receiver drops days by itself, once a day; of several, one does."""

import os
import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.retain import DailyRetention, Retained, due, retain
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.turn import turn
from support.retained_days import CLOSED, at, filled, folder, retained, store
from support.stored import MONDAY, row

__all__ = ["folder", "store"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux tells which files a process has open")
def test_a_receiver_to_which_nothing_comes_has_no_dropped_day_open(store: SqliteStore, folder: Folder) -> None:
    store.append(MONDAY, [row()])
    with closing(SqliteStore(folder)) as other:
        retained(other, folder, CLOSED)
    store.settle()
    still_open = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert [each for each in still_open if str(folder.path) in each] == []


def test_of_two_receivers_one_drops_a_day(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shimmy_metrics.receiver.sqlite.tables.BUSY_SECONDS", 60.0)  # four take turns on any disk
    with closing(SqliteStore(folder)) as store:
        filled(store)
    done: list[Retained] = []

    def run() -> None:
        with closing(SqliteStore(folder)) as own:
            done.append(retain(own, folder, at(CLOSED + timedelta(days=3))))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(day for each in done for day in each.dropped) == [MONDAY + timedelta(days=each) for each in range(4)]
    assert [each.failed for each in done] == [()] * 4
    assert len(folder.retention_log.read_text().splitlines()) == 4


def test_while_another_process_drops_days_one_waits_and_then_says_so(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 1)
    monkeypatch.setattr("shimmy_metrics.receiver.sqlite.tables.BUSY_SECONDS", 0.1)
    with turn(folder.retain_turn):
        done = retain(store, folder, at(CLOSED))
    assert done == Retained((), ("database is locked",))


def test_while_a_server_does_not_say_what_it_holds_it_is_not_done_and_is_tried_again(
    store: SqliteStore, folder: Folder
) -> None:
    silent = replace(store.health(), silent=("192.0.2.1 does not answer",))
    with patch.object(store, "health", return_value=silent):
        done = retain(store, folder, at(CLOSED))
    assert done == Retained((), ("whether a day is too old cannot be told: 192.0.2.1 does not answer",))


@pytest.mark.parametrize(
    ("last", "now", "failed", "is_due"),
    [
        (None, at(MONDAY), False, True),
        (at(MONDAY, hour=0), at(MONDAY, hour=23), False, False),
        (at(MONDAY, hour=23), at(MONDAY + timedelta(days=1), hour=0), False, True),
        (at(MONDAY, hour=3), at(MONDAY, hour=3) + timedelta(seconds=40), True, False),
        (at(MONDAY, hour=3), at(MONDAY, hour=3) + timedelta(minutes=1), True, True),
        (at(MONDAY, hour=4), at(MONDAY, hour=3), True, False),
    ],
)
def test_it_is_due_once_a_day_and_a_minute_after_it_failed(
    last: datetime | None, now: datetime, *, failed: bool, is_due: bool
) -> None:
    assert due(now, last, failed=failed) is is_due


def test_it_runs_each_day_whatever_went_wrong_before() -> None:
    clock = [at(MONDAY)]
    ran: list[datetime] = []
    told: list[str] = []

    def run(now: datetime) -> Retained:
        ran.append(now)
        if len(ran) == 1:
            raise RuntimeError("nobody knew that it could")
        return Retained((), ("it could not be done",) if len(ran) == 2 else ())

    daily = DailyRetention(run, lambda: told.append("failed"), lambda: clock[0])
    for minute in range(0, 3 * 24 * 60, 30):
        clock[0] = at(MONDAY) + timedelta(minutes=minute)
        daily.look()
    assert ran[:3] == [at(MONDAY) + timedelta(minutes=minute) for minute in (0, 30, 60)]
    assert [each.date() for each in ran[3:]] == [MONDAY + timedelta(days=each) for each in (1, 2, 3)]
    assert told == ["failed", "failed"]
