"""Reports live for 8 days, 14 at the very most; what went is proved to be gone, in a log that anybody can check."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver import keys as keys_module
from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import Keys, load_keys, rotate_hashing, rotate_signing
from shimmy_metrics.receiver.retain import retain, verify
from shimmy_metrics.receiver.retention_log import read_log, write_new_key
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect
from shimmy_metrics.receiver.status import status
from shimmy_metrics.receiver.store import StoreError
from support.stored import MONDAY, row

NEXT: Final = MONDAY + timedelta(days=7)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return prepared(tmp_path / "data")


@pytest.fixture
def store(folder: Folder) -> Iterator[SqliteStore]:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as made:
        yield made


@pytest.fixture
def keys(folder: Folder) -> Keys:
    return load_keys(folder, MONDAY)


def filled(store: SqliteStore, days: int = 9) -> None:
    for each in range(days):
        day = MONDAY + timedelta(days=each)
        store.append(day, [row(day=day), row(day=day)])


def retained(store: SqliteStore, folder: Folder, keys: Keys, day: date) -> list[date]:
    done = retain(store, folder, keys.signing, lambda: datetime.combine(day, time(0, 5), UTC))
    assert done.failed == []
    return done.dropped


def test_a_day_lives_for_eight_days_and_its_week_is_kept_before_it_goes(
    store: SqliteStore, folder: Folder, keys: Keys
) -> None:
    filled(store)
    assert retained(store, folder, keys, NEXT) == []
    assert retained(store, folder, keys, NEXT + timedelta(days=1)) == [MONDAY]
    kept = folder.weeks / "2026-W48.json"
    assert json.loads(kept.read_text())["reports"] == 14
    assert kept.stat().st_mode & 0o777 == 0o400
    assert retained(store, folder, keys, NEXT + timedelta(days=3)) == [MONDAY + timedelta(days=each) for each in (1, 2)]
    assert json.loads(kept.read_text())["reports"] == 14
    assert verify(store, folder, NEXT + timedelta(days=3)) == []
    lines = [line.members for line in read_log(folder)]
    assert [line["day"] for line in lines] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert lines[0]["reports"] == 2
    assert lines[0]["dropped_at"] == "2026-12-01T00:05:00Z"
    assert len(bytes.fromhex(lines[0]["canary"])) == 16


def test_what_cannot_be_aggregated_goes_after_fourteen_days_all_the_same(
    store: SqliteStore, folder: Folder, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store, 1)

    def broken(_: date) -> Iterator[object]:
        raise StoreError("a row cannot be read")

    monkeypatch.setattr(store, "aggregate", broken)
    for age in range(8, 14):
        done = retain(store, folder, keys.signing, partial(datetime.combine, MONDAY + timedelta(age), time(), UTC))
        assert done.dropped == []
        assert "could not be aggregated" in done.failed[0]
    done = retain(store, folder, keys.signing, lambda: datetime.combine(MONDAY + timedelta(14), time(), UTC))
    assert done.dropped == [MONDAY]
    assert list(folder.arrival_days()) == []


def test_a_day_that_is_too_old_is_named(store: SqliteStore, folder: Folder) -> None:
    filled(store, 1)
    assert verify(store, folder, MONDAY + timedelta(days=14)) == []
    assert verify(store, folder, MONDAY + timedelta(days=15)) == ["2026-11-23 is still held, 15 days after it arrived"]
    assert status(store, folder, MONDAY + timedelta(days=8)).troubles == []
    assert status(store, folder, MONDAY + timedelta(days=9)).troubles != []


def test_a_copy_of_a_dropped_day_is_found_under_any_name(store: SqliteStore, folder: Folder, keys: Keys) -> None:
    filled(store)
    store.settle()
    (folder.path / "backup").mkdir()
    copy = folder.path / "backup" / "photo.jpg"
    copy.write_bytes(folder.day(MONDAY).read_bytes() + os.urandom(2**20))
    later = NEXT + timedelta(days=1)
    done = retain(store, folder, keys.signing, lambda: datetime.combine(later, time(), UTC))
    # Its file is gone, and yet it is not: that is said at once, and no line says that it was dropped.
    assert done.dropped == []
    assert str(MONDAY) in done.failed[0]
    copy.rename(folder.path / "backup" / "hidden")


def test_a_deletion_in_the_place_of_unlinking_is_caught(
    store: SqliteStore, folder: Folder, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store)
    store.close()

    def deletes_rows(self: SqliteStore, day: date) -> bytes:
        del self
        with closing(connect(folder.day(day))) as file:
            (canary,) = file.execute("SELECT key FROM reports WHERE length(key) = 16").fetchone()
            file.execute("PRAGMA secure_delete = OFF")
            file.execute("DELETE FROM reports")
        return bytes(canary)

    monkeypatch.setattr(SqliteStore, "drop_day", deletes_rows)
    assert retained(store, folder, keys, NEXT + timedelta(days=1)) == [MONDAY]
    found = verify(store, folder, NEXT + timedelta(days=1))
    assert len(found) == 1
    assert found[0].startswith("2026-11-23 was dropped, and something of it is still in ")


@pytest.mark.parametrize(
    "change",
    [("2026-11-23", "2026-11-22"), ('"reports":2', '"reports":3'), ('"canary":"', '"canary":"00'), ("{", "")],
)
def test_a_line_that_was_changed_shows(store: SqliteStore, folder: Folder, keys: Keys, change: tuple[str, str]) -> None:
    filled(store)
    retained(store, folder, keys, NEXT + timedelta(days=1))
    folder.retention_log.write_text(folder.retention_log.read_text().replace(*change, 1))
    assert "retention.log, line 1: its signature does not hold" in verify(store, folder, NEXT)


def test_after_a_new_signing_key_the_lines_of_both_hold(store: SqliteStore, folder: Folder, keys: Keys) -> None:
    filled(store)
    retained(store, folder, keys, NEXT + timedelta(days=1))
    before, new = rotate_signing(folder)
    write_new_key(folder, before, new, datetime(2026, 12, 1, 12, tzinfo=UTC))
    retained(store, folder, load_keys(folder, NEXT), NEXT + timedelta(days=2))
    assert [line.signed for line in read_log(folder)] == [True, True, True]
    assert verify(store, folder, NEXT + timedelta(days=2)) == []
    first, *others = folder.retention_pub.read_text().splitlines()
    folder.retention_pub.write_text("\n".join(others))
    assert [line.signed for line in read_log(folder)] == [False, False, True]
    assert first


def test_the_hashing_key_of_before_stays_for_sixteen_days(folder: Folder, keys: Keys) -> None:
    rotate_hashing(folder, MONDAY)
    after = load_keys(folder, MONDAY + timedelta(days=16)).hashing
    assert after[1:] == keys.hashing
    assert after[0] != keys.hashing[0]
    assert load_keys(folder, MONDAY + timedelta(days=17)).hashing == after[:1]
    assert sorted(path.name for path in folder.keys.iterdir()) == ["hashing", "signing"]


def test_a_lost_key_is_said_with_what_it_means(store: SqliteStore, folder: Folder, keys: Keys) -> None:
    filled(store)
    retained(store, folder, keys, NEXT + timedelta(days=1))
    for name, means, remedy in (
        ("hashing", "can arrive twice", "receive rotate-key hashing"),
        ("signing", "can still be checked", "receive rotate-key signing"),
    ):
        (folder.keys / name).rename(folder.keys / "elsewhere")
        with pytest.raises(UserError, match=means) as told:
            load_keys(folder, NEXT)
        assert remedy in str(told.value)
        (folder.keys / "elsewhere").rename(folder.keys / name)
    assert load_keys(folder, NEXT).hashing == keys.hashing


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_that_others_can_read_is_not_used(folder: Folder, keys: Keys) -> None:
    del keys
    (folder.keys / "hashing").chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        load_keys(folder, MONDAY)
    (folder.keys / "hashing").chmod(0o600)
    (folder.keys / "hashing").write_bytes(b"short")
    with pytest.raises(UserError, match="no key of 32 bytes"):
        load_keys(folder, MONDAY)
    assert keys_module.OLD_DAYS == 16
