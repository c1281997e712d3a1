"""What went is proved to be gone, and what did not go is named."""

import errno
import os
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver import search
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.retain import retain, verify
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.search import holding
from shimmy_metrics.receiver.sqlite.seen import SEEN_DAYS
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.tables import connect
from shimmy_metrics.receiver.status import status
from shimmy_metrics.receiver.store import Outcome, StoreError
from support.retained_days import CLOSED, at, filled, folder, retained, store
from support.stored import HASHING, MONDAY, row

__all__ = ["folder", "store"]


def test_a_day_that_is_too_old_is_named(store: SqliteStore, folder: Folder) -> None:
    filled(store, 1)
    soon = at(CLOSED, hour=1)
    late = at(CLOSED, hour=2)
    assert verify(store, folder, soon) == []
    assert status(store, folder, soon).troubles == []
    assert verify(store, folder, late) == ["what arrived on 2026-11-23 is still held"]
    assert status(store, folder, late).overdue == [MONDAY]
    assert "2026-11-23" in status(store, folder, late).troubles[0]


@pytest.mark.parametrize(("days", "which"), [(2, "and on 1 later day"), (3, "and on 2 later days")])
def test_of_several_days_that_are_too_old_status_tells_how_many(
    store: SqliteStore, folder: Folder, days: int, which: str
) -> None:
    filled(store, days)
    (told,) = status(store, folder, at(CLOSED + timedelta(days=days))).troubles
    assert told.startswith(f"what arrived on 2026-11-23 {which} should be gone. ")


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


@pytest.mark.skipif(os.name != "posix", reason="a link to a folder needs rights of its own on Windows")
def test_a_copy_is_found_where_the_days_lie_on_another_disk(store: SqliteStore, folder: Folder) -> None:
    elsewhere = folder.path.with_name("another-disk")
    folder.days.rename(elsewhere)
    folder.days.symlink_to(elsewhere)
    filled(store, 1)
    (elsewhere / "copy").write_bytes(folder.day(MONDAY).read_bytes())
    said = (f"2026-11-23 was dropped, and something of it is still in {folder.days / 'copy'}",)
    assert retain(store, folder, at(CLOSED)).failed == said
    assert verify(store, folder, at(CLOSED)) == list(said)


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


def test_in_a_folder_that_cannot_be_listed_nothing_is_said_to_be_gone(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder.path / "closed"
    closed.mkdir()
    (closed / "copy").write_bytes(b"mark")
    assert [str(path) for path in holding(folder.path, b"mark")] == [str(closed / "copy")]
    scandir = os.scandir

    def refusing(path: os.PathLike[str] | str) -> object:  # root may list what it likes
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(PermissionError) as told:
        list(holding(folder.path, b"mark"))
    assert told.value.filename == str(closed)


def test_where_the_days_cannot_be_listed_retention_has_failed(store: SqliteStore, folder: Folder) -> None:
    filled(store, 1)
    folder.days.rename(folder.path / "elsewhere")
    done = retain(store, folder, at(CLOSED))
    assert done.dropped == ()
    assert str(folder.days) in " ".join(done.failed)
    with pytest.raises(OSError, match="days"):
        verify(store, folder, at(CLOSED))


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
