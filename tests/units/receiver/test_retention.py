"""Reports live for 8 days, 14 at the very most; what went is proved to be gone."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver import search
from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.retain import DailyRetention, Retained, due, retain, verify
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite.seen import SEEN_DAYS
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect
from shimmy_metrics.receiver.sqlite.turn import turn
from shimmy_metrics.receiver.status import status
from shimmy_metrics.receiver.store import Outcome, StoreError
from shimmy_metrics.receiver.week_file import kept_week, newest_week, read_week
from support.stored import HASHING, MONDAY, row

NEXT: Final = MONDAY + timedelta(days=7)
CLOSED: Final = MONDAY + timedelta(days=8)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = prepared(tmp_path / "data")
    load_keys(made, MONDAY)
    return made


@pytest.fixture
def store(folder: Folder) -> Iterator[SqliteStore]:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as made:
        yield made


def filled(store: SqliteStore, days: int = 9) -> None:
    for each in range(days):
        day = MONDAY + timedelta(days=each)
        store.append(day, [row(day=day), row(day=day)])
    store.close()


def at(day: date, *, hour: int = 3) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def retained(store: SqliteStore, folder: Folder, day: date) -> list[date]:
    done = retain(store, folder, at(day))
    assert done.failed == ()
    return list(done.dropped)


def test_a_day_lives_for_eight_days_and_its_week_is_kept_before_it_goes(store: SqliteStore, folder: Folder) -> None:
    filled(store)
    assert retained(store, folder, NEXT) == []
    assert list(folder.weeks.iterdir()) == []
    assert retained(store, folder, CLOSED) == [MONDAY]
    kept = kept_week(folder, MONDAY)
    assert kept is not None
    assert kept.received == 20  # 14, in steps of k
    assert retained(store, folder, CLOSED + timedelta(days=2)) == [MONDAY + timedelta(days=each) for each in (1, 2)]
    assert kept_week(folder, MONDAY) == kept
    assert read_week(store, folder, MONDAY) == kept
    assert newest_week(store, folder, CLOSED) == MONDAY
    assert verify(store, folder, at(CLOSED + timedelta(days=2))) == []
    lines = [json.loads(line) for line in folder.retention_log.read_text().splitlines()]
    assert [line["day"] for line in lines] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert lines[0].keys() == {"day", "reports", "dropped_at", "canary", "previous", "signature"}
    assert lines[0]["dropped_at"] == "2026-12-01T03:00:00Z"
    assert len(bytes.fromhex(lines[0]["canary"])) == 16


def test_what_arrived_on_the_monday_after_counts_in_the_week_before_although_that_came_first(
    store: SqliteStore, folder: Folder
) -> None:
    (folder.path / "k").write_text("1")
    sunday = MONDAY - timedelta(days=1)
    store.append(MONDAY, [row(day=sunday, daily_active_usage=True) for _ in range(50)])
    assert retained(store, folder, CLOSED) == [MONDAY]
    before = kept_week(folder, MONDAY - timedelta(days=7))
    assert before is not None
    assert before.flagged == 50


def test_what_cannot_be_aggregated_goes_after_fourteen_days_all_the_same(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 1)

    def broken(_: date) -> Iterator[object]:
        raise StoreError("a row cannot be read")

    monkeypatch.setattr(store, "aggregate", broken)
    for age in range(8, 14):
        done = retain(store, folder, at(MONDAY + timedelta(age)))
        assert done.dropped == ()
        assert done.failed[0].endswith("waits: a row cannot be read")
        assert verify(store, folder, at(MONDAY + timedelta(age))) == ["what arrived on 2026-11-23 is still held"]
    assert retain(store, folder, at(MONDAY + timedelta(14))).dropped == (MONDAY,)
    assert list(folder.arrival_days()) == []
    assert verify(store, folder, at(MONDAY + timedelta(14))) == []


def test_a_week_that_was_kept_and_cannot_be_read_does_not_keep_its_days(store: SqliteStore, folder: Folder) -> None:
    filled(store)
    retained(store, folder, CLOSED)
    (folder.weeks / "2026-W48.json").write_text("{")
    assert retained(store, folder, CLOSED + timedelta(days=1)) == [MONDAY + timedelta(days=1)]


def test_a_file_that_cannot_be_read_goes_in_the_end_and_keeps_no_other_day(store: SqliteStore, folder: Folder) -> None:
    filled(store)
    folder.day(MONDAY).write_bytes(os.urandom(5_000))
    for suffix in ("-wal", "-shm"):
        folder.day(MONDAY).with_name(f"2026-11-23.db{suffix}").unlink(missing_ok=True)
    assert retain(store, folder, at(CLOSED)).dropped == ()
    assert [each for each in status(store, folder, at(CLOSED)).troubles if "cannot be read" in each]
    for age in range(9, 15):
        retain(store, folder, at(MONDAY + timedelta(days=age)))
    assert min(folder.arrival_days()) == MONDAY + timedelta(days=7)


def test_with_its_signing_key_lost_days_wait_and_go_after_fourteen_days_all_the_same(
    store: SqliteStore, folder: Folder
) -> None:
    filled(store)
    retained(store, folder, CLOSED)
    (folder.keys / "signing").unlink()
    for age in range(9, 15):
        done = retain(store, folder, at(MONDAY + timedelta(days=age)))
        assert done.dropped == ()
        assert "is lost" in done.failed[0]
    done = retain(store, folder, at(MONDAY + timedelta(days=15)))
    assert done.dropped == (MONDAY + timedelta(days=1),)
    assert "the log could not be written" in done.failed[1]


def test_a_day_that_is_too_old_is_named(store: SqliteStore, folder: Folder) -> None:
    filled(store, 1)
    soon = at(CLOSED, hour=1)
    late = at(CLOSED, hour=2)
    assert verify(store, folder, soon) == []
    assert status(store, folder, soon).troubles == []
    assert verify(store, folder, late) == ["what arrived on 2026-11-23 is still held"]
    assert status(store, folder, late).overdue == [MONDAY]
    assert "2026-11-23" in status(store, folder, late).troubles[0]


def test_what_cannot_be_dropped_now_is_said_and_tried_again(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 1)

    def unreachable(_: date) -> bytes:
        raise StoreError("replica h2 does not answer")

    with monkeypatch.context() as away:
        away.setattr(store, "drop_day", unreachable)
        assert retain(store, folder, at(CLOSED)) == Retained(
            (), ("2026-11-23 could not be dropped: replica h2 does not answer",)
        )
        assert verify(store, folder, at(CLOSED)) == ["what arrived on 2026-11-23 is still held"]
    assert retained(store, folder, CLOSED) == [MONDAY]
    assert verify(store, folder, at(CLOSED)) == []


def test_one_day_that_cannot_go_keeps_no_other(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 2)
    drop = store.drop_day

    def some(day: date) -> bytes:
        if day == MONDAY:
            raise StoreError("a shard does not answer")
        return drop(day)

    monkeypatch.setattr(store, "drop_day", some)
    done = retain(store, folder, at(CLOSED + timedelta(days=1)))
    assert done.dropped == (MONDAY + timedelta(days=1),)
    assert len(done.failed) == 1


def test_a_day_that_was_logged_by_a_process_that_was_killed_is_not_logged_again(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 2)
    with monkeypatch.context() as killed:
        killed.setattr(type(folder.path), "unlink", _interrupt_at(folder.unlogged))
        with pytest.raises(KeyboardInterrupt):
            retain(store, folder, at(CLOSED))
    assert folder.unlogged.exists()
    assert verify(store, folder, at(CLOSED)) == []
    retained(store, folder, CLOSED + timedelta(days=1))
    assert [each.day for each in dropped_days(folder)] == ["2026-11-23", "2026-11-24"]
    assert not folder.unlogged.exists()


def _interrupt_at(place: Path) -> Callable[..., None]:
    unlink = Path.unlink

    def unless(path: Path, *, missing_ok: bool = False) -> None:
        if path == place:
            raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    return unless


@pytest.mark.parametrize("after", ["drop_day", "sign_line"])
def test_a_day_that_went_in_a_process_that_was_killed_is_logged_by_the_next(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    filled(store, 1)
    canary = store.drop_day

    def dies(*_: object) -> bytes:
        if after == "drop_day":
            canary(MONDAY)
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        if after == "drop_day":
            killed.setattr(store, after, dies)
        else:
            killed.setattr(f"shimmy_metrics.receiver.unlogged.{after}", dies)
        with pytest.raises(KeyboardInterrupt):
            retain(store, folder, at(CLOSED))
    assert verify(store, folder, at(CLOSED)) == ["2026-11-23 was dropped, and the log does not say so"]
    assert retain(store, folder, at(CLOSED)) == Retained()
    (logged,) = dropped_days(folder)
    assert logged.day == "2026-11-23"
    assert len(logged.canary) == (16 if after == "sign_line" else 0)
    assert verify(store, folder, at(CLOSED)) == []
    assert not folder.unlogged.exists()


def test_on_a_full_disk_a_day_goes_and_an_error_of_our_own_keeps_none_for_ever(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def wrong(_: date) -> Iterator[object]:
        raise TypeError("nobody knew that it could")

    monkeypatch.setattr("shimmy_metrics.receiver.unlogged.write_private", full)
    monkeypatch.setattr("shimmy_metrics.receiver.retention_log.write_private", full)
    monkeypatch.setattr(store, "aggregate", wrong)
    assert retain(store, folder, at(MONDAY + timedelta(days=13))).dropped == ()
    done = retain(store, folder, at(MONDAY + timedelta(days=14)))
    assert done.dropped == (MONDAY,)
    assert list(folder.arrival_days()) == []
    assert "the log could not be written" in done.failed[1]


@pytest.mark.parametrize("moved", ["days/2026-11-23.db.bak", "backup/photo.jpg", "weeks/2026-W47.json"])
def test_a_copy_of_a_dropped_day_is_found_under_any_name(store: SqliteStore, folder: Folder, moved: str) -> None:
    filled(store, 1)
    copy = folder.path / moved
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(folder.day(MONDAY).read_bytes() + os.urandom(2**20))
    done = retain(store, folder, at(CLOSED))
    assert done.dropped == (MONDAY,)
    said = (f"2026-11-23 was dropped, and something of it is still in {copy}",)
    assert done.failed == said
    assert verify(store, folder, at(CLOSED)) == list(said)
    renamed = copy.rename(folder.path / "hidden")
    assert verify(store, folder, at(CLOSED)) == [said[0].replace(str(copy), str(renamed))]
    renamed.unlink()
    assert verify(store, folder, at(CLOSED)) == []


def test_a_deletion_in_the_place_of_unlinking_is_caught(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store)

    def deletes_rows(day: date) -> bytes:
        with closing(connect(folder.day(day))) as file:
            (canary,) = file.execute("SELECT key FROM reports WHERE length(key) = 16").fetchone()
            file.execute("PRAGMA secure_delete = OFF")
            file.execute("DELETE FROM reports")
        folder.day(day).rename(folder.days / "gone.db")
        return bytes(canary)

    monkeypatch.setattr(store, "drop_day", deletes_rows)
    done = retain(store, folder, at(CLOSED))
    assert done.failed == (f"2026-11-23 was dropped, and something of it is still in {folder.days / 'gone.db'}",)
    assert verify(store, folder, at(CLOSED)) == list(done.failed)


def test_where_a_place_cannot_be_searched_nothing_is_said_to_be_gone(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 1)
    retained(store, folder, CLOSED)

    def unreachable(_: bytes) -> list[str]:
        raise StoreError("replica h2 does not answer")

    monkeypatch.setattr(store, "find_canary", unreachable)
    assert verify(store, folder, at(CLOSED)) == [
        "2026-11-23 was dropped, and whether it is gone cannot be told: replica h2 does not answer"
    ]


def test_ids_are_forgotten_after_sixteen_days_though_nothing_arrives(store: SqliteStore, folder: Folder) -> None:
    report_id = "c0ffee00-0000-4000-8000-00000000cafe"
    recall = recall_of(report_id, HASHING)
    assert store.append(MONDAY, [row(report_id), recall]) == [Outcome.STORED, Outcome.RECALLED]
    store.close()
    retain(store, folder, at(MONDAY + timedelta(days=SEEN_DAYS)))
    assert store.append(MONDAY, [row(report_id)]) == [Outcome.RECALLED]
    store.close()
    retain(store, folder, at(MONDAY + timedelta(days=SEEN_DAYS + 1)))
    assert list(holding(folder.path, recall.key)) == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux tells which files a process has open")
def test_a_receiver_to_which_nothing_comes_has_no_dropped_day_open(store: SqliteStore, folder: Folder) -> None:
    store.append(MONDAY, [row()])
    with closing(SqliteStore(folder)) as other:
        retained(other, folder, CLOSED)
    store.settle()
    still_open = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert [each for each in still_open if str(folder.path) in each] == []


def test_of_two_receivers_one_drops_a_day(folder: Folder) -> None:
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


@given(st.integers(0, 60), st.integers(1, 20), st.integers(2, 40))
def test_bytes_are_found_wherever_they_lie_in_a_file(before: int, chunk: int, after: int) -> None:
    wanted = bytes(range(1, 17))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "_CHUNK", chunk)
        place = Path(folder) / "file"
        place.write_bytes(bytes(before) + wanted + bytes(after))
        assert list(search.holding(Path(folder), wanted)) == [place]
        place.write_bytes(bytes(before) + wanted[:-1] + bytes(after))
        assert list(search.holding(Path(folder), wanted)) == []
