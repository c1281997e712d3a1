"""The receiver's folder is its operator's alone, and what is written into it is whole."""

import os
import stat
import sys
from contextlib import closing
from pathlib import Path
from pwd import getpwuid

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.folder import check_owner, prepared, write_private
from shimmy_metrics.receiver.sqlite.counters import Counters
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.stored import DAY, row

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@posix
def test_everything_in_it_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = prepared(tmp_path / "deep" / "data")
        with closing(SqliteStore(folder)) as store:
            store.append(DAY, [row()])
            counters = Counters(folder)
            counters.count(["path"])
            counters.save()
            write_private(folder.operator, b"me")
            found = {path: stat.S_IMODE(path.lstat().st_mode) for path in (folder.path, *folder.path.rglob("*"))}
    finally:
        os.umask(before)
    assert len(found) > 8
    assert not {str(path): oct(mode) for path, mode in found.items() if mode & 0o077}


@posix
@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_folder_that_others_can_write_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "my data"
    path.mkdir()
    path.chmod(mode)
    with pytest.raises(UserError) as told:
        prepared(path)
    assert str(told.value) == f"{path} can be written by others. Close it first: chmod go-w '{path}'"
    path.chmod(0o755)
    assert prepared(path).path == path


@posix
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    path = prepared(tmp_path / "data").path
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    for refuses in (prepared, check_owner):
        with pytest.raises(UserError) as told:
            refuses(path)
        assert str(told.value) == (
            f"{path}: belongs to another user. Do this as that user (sudo -u {getpwuid(os.getuid()).pw_name}), "
            "or name a folder of your own with --data"
        )


@posix
def test_a_user_without_a_name_is_given_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = os.stat_result((0o700, 1, 1, 1, 4_000_000, 0, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self: found)
    with pytest.raises(UserError, match=r"\(sudo -u '#4000000'\)"):
        check_owner(tmp_path)


@posix
def test_a_folder_that_is_mounted_read_only_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = prepared(tmp_path / "data").path
    mounted = os.statvfs(path)
    read_only = os.statvfs_result((*mounted[:8], mounted.f_flag | os.ST_RDONLY, *mounted[9:]))
    monkeypatch.setattr(os, "access", lambda asked, mode: False)
    monkeypatch.setattr(os, "statvfs", lambda asked: read_only)
    with pytest.raises(UserError) as told:
        prepared(path)
    assert str(told.value) == (
        f"{path}: lies on a read-only filesystem. Mount it so that it can be written, or name a folder elsewhere "
        "with --data"
    )


@posix
@pytest.mark.parametrize("part", [".", "days", "keys", "weeks"])
def test_a_part_that_cannot_be_listed_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    path = prepared(tmp_path / "data").path / part
    access = os.access
    # Root may list what it likes.
    monkeypatch.setattr(os, "access", lambda asked, mode: asked != path and access(asked, mode))
    with pytest.raises(UserError) as told:
        prepared(tmp_path / "data")
    assert str(told.value) == (
        f"{path}: cannot be read and written. Open it to the receiver's user: chmod u+rwx {path}"
    )


def test_days_that_cannot_be_listed_are_an_error_and_not_none(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    folder.day(DAY).touch()
    (folder.days / "notes.db").touch()
    (folder.days / "20261123.db").touch()
    assert list(folder.arrival_days()) == [DAY]
    folder.days.rename(folder.path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        list(folder.arrival_days())


def test_what_cannot_be_a_folder_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError) as told:
        prepared(tmp_path / "file")
    assert "\n" not in str(told.value)


def test_only_days_are_days_of_arrival(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    for name in ("2026-11-25.db", "2026-11-24.db", "2026-11-24.db-wal", "2026-13-01.db", "copy.db"):
        (folder.days / name).write_bytes(b"")
    assert [day.isoformat() for day in folder.arrival_days()] == ["2026-11-24", "2026-11-25"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "k"
    write_private(path, b"1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_private(path, b"2")
    assert path.read_bytes() == b"1"
    write_private(path, b"3")
    assert path.read_bytes() == b"3"
    assert [each.name for each in tmp_path.iterdir()] == ["k"]
