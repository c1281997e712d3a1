"""Reports live for 8 days, 14 at the very most; what went is proved to be gone."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.keys import OLD_DAYS, load_keys, rotate_hashing
from shimmy_metrics.receiver.programme import set_k
from shimmy_metrics.receiver.retain import Retained, retain, verify
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.status import as_json, lines, status
from shimmy_metrics.receiver.store import Outcome, StoreError
from shimmy_metrics.receiver.week_file import kept_week, newest_week, read_week
from support.retained_days import CLOSED, at, filled, folder, retained, store
from support.stored import HASHING, MONDAY, row

__all__ = ["folder", "store"]

NEXT: Final = MONDAY + timedelta(days=7)


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


def test_the_log_tells_a_day_no_finer_than_what_its_answers_named(store: SqliteStore, folder: Folder) -> None:
    filled(store)
    smaller = MONDAY + timedelta(days=1)
    set_k(folder, 1, smaller)
    assert retained(store, folder, CLOSED + timedelta(days=1)) == [MONDAY, smaller]
    assert [each.reports for each in dropped_days(folder)] == [0, 0]  # a smaller number does not hold for its first day
    assert retained(store, folder, CLOSED + timedelta(days=2)) == [smaller + timedelta(days=1)]
    assert dropped_days(folder)[-1].reports == 2


def test_a_week_that_was_added_up_keeps_its_sum_after_a_recall(store: SqliteStore, folder: Folder) -> None:
    filled(store)
    sunday = NEXT - timedelta(days=1)
    report_id = "c0ffee00-0000-4000-8000-00000000cafe"
    store.append(sunday, [row(report_id, day=sunday)])
    assert retained(store, folder, CLOSED) == [MONDAY]
    before = kept_week(folder, MONDAY)
    store.append(CLOSED, [recall_of(report_id, HASHING)])
    assert store.health().reports[sunday] == 2
    assert read_week(store, folder, MONDAY) == before


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
    store.append(MONDAY, [row(day=MONDAY) for _ in range(20)])

    def broken(_: date) -> Iterator[object]:
        raise StoreError("a row cannot be read")

    monkeypatch.setattr(store, "aggregate", broken)
    for age in range(8, 14):
        done = retain(store, folder, at(MONDAY + timedelta(age)))
        assert done.dropped == ()
        (line,) = done.failed
        assert line == "what arrived on 2026-11-23 waits: 2026-W47 could not be aggregated: a row cannot be read"
        assert verify(store, folder, at(MONDAY + timedelta(age))) == ["what arrived on 2026-11-23 is still held"]
    done = retain(store, folder, at(MONDAY + timedelta(14)))
    assert done.dropped == (MONDAY,)
    assert "waits:" not in " ".join(done.failed)
    monkeypatch.undo()
    with pytest.raises(UserError, match="nothing is kept of this week, and what arrived on 2026-11-23 was dropped"):
        read_week(store, folder, MONDAY)
    assert list(folder.arrival_days()) == []
    assert verify(store, folder, at(MONDAY + timedelta(14))) == []


def test_a_day_that_cannot_be_deleted_stays_and_status_says_so(store: SqliteStore, folder: Folder) -> None:
    filled(store, 2)
    path = folder.day(MONDAY)
    path.unlink()
    (path / "something").mkdir(parents=True)
    late = at(MONDAY + timedelta(20))
    done = retain(store, folder, late)
    assert done.dropped == (MONDAY + timedelta(1),)
    assert any(each.startswith(f"{MONDAY} could not be dropped: ") for each in done.failed)
    told = status(store, folder, late)
    assert told.overdue == [MONDAY]
    assert lines(told)[-1] == (
        f"Needs you: what arrived on {MONDAY} should be gone. Run {folder.command('retain')}: it drops it, or says why "
        "not."
    )
    assert verify(store, folder, late) == [f"what arrived on {MONDAY} is still held"]


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
    told = status(store, folder, at(CLOSED))
    assert [each for each in told.troubles if "cannot be read" in each]
    assert "  2026-11-23  cannot be read" in lines(told)
    assert lines(told)[0] == "Reports held: 16, not counting what cannot be read; days of arrival held: 9."
    assert as_json(told)["reports"]["2026-11-23"] is None
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
    assert all("rotate-key signing" in each for each in done.failed)
    assert status(store, folder, at(MONDAY + timedelta(days=15))).last_dropped == "2026-11-24"


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


def test_of_a_day_that_went_in_two_parts_the_log_tells_the_whole(
    store: SqliteStore, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_k(folder, 1, MONDAY)
    filled(store, 1)
    whole = store.health()

    def in_part(_: date) -> bytes:
        raise StoreError("replica h2 does not answer")

    with monkeypatch.context() as away:
        away.setattr(store, "drop_day", in_part)
        assert retain(store, folder, at(CLOSED)).dropped == ()
    monkeypatch.setattr(store, "health", lambda: replace(whole, reports={MONDAY: 0}))
    assert retained(store, folder, CLOSED) == [MONDAY]
    assert [each.reports for each in dropped_days(folder)] == [2]


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

    def no_room(*_: object) -> None:
        raise StoreError("database or disk is full")

    monkeypatch.setattr(store, "aggregate", wrong)
    monkeypatch.setattr("shimmy_metrics.receiver.retain.delete_before", no_room)
    assert retain(store, folder, at(MONDAY + timedelta(days=13))).dropped == ()
    done = retain(store, folder, at(MONDAY + timedelta(days=14)))
    assert done.dropped == (MONDAY,)
    assert list(folder.arrival_days()) == []
    assert done.failed[0] == "ids older than 16 days could not be forgotten: database or disk is full"
    assert "the log could not be written" in done.failed[2]


def test_a_report_whose_day_has_gone_is_answered_as_before_and_not_stored_again(
    store: SqliteStore, folder: Folder
) -> None:
    same = row(day=MONDAY)
    store.append(MONDAY, [same])
    assert retained(store, folder, CLOSED) == [MONDAY]
    assert store.append(CLOSED, [same]) == [Outcome.DUPLICATE]
    assert store.health().reports == {CLOSED: 0}


def test_a_hashing_key_of_before_goes_although_the_receiver_is_not_started_anew(
    store: SqliteStore, folder: Folder
) -> None:
    rotate_hashing(folder)
    load_keys(folder, MONDAY)
    retain(store, folder, at(MONDAY + timedelta(days=OLD_DAYS)))
    assert len(list(folder.keys.glob("hashing-*"))) == 1
    retain(store, folder, at(MONDAY + timedelta(days=OLD_DAYS + 1)))
    assert list(folder.keys.glob("hashing-*")) == []
