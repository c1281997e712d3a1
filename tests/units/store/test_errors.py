"""What the disk and SQLite say, as one line each: what is wrong, where, and what to do."""

import os
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store.sqlite_errors import BusyError, FullError, may_lack_room, sqlite_errors, system_errors

MOVE_AWAY = "Move it away; a new one is made at the latest when a server is measured"


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("whatever it says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        (sqlite3.SQLITE_NOTADB, UserError, f"is no database. {MOVE_AWAY}"),
        (sqlite3.SQLITE_CORRUPT, UserError, f"is damaged. {MOVE_AWAY}"),
        (
            sqlite3.SQLITE_FULL,
            FullError,
            "the disk is full. Make room; what was measured stays until then",
        ),
        (
            sqlite3.SQLITE_IOERR_READ,
            UserError,
            "cannot be read or written. Check whether the disk or your quota is full, or the disk is failing",
        ),
        (
            sqlite3.SQLITE_READONLY_DIRECTORY,
            UserError,
            "cannot be written. Check who owns it and its folder",
        ),
        (
            sqlite3.SQLITE_CANTOPEN,
            UserError,
            "cannot be opened. Check who owns it and its folder, and whether the disk has room",
        ),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, BusyError, "is held by another program. Try again later, or end it"),
        (sqlite3.SQLITE_LOCKED, BusyError, "is held by another program. Try again later, or end it"),
        (sqlite3.SQLITE_ERROR, UserError, f"lacks tables that it should have. {MOVE_AWAY}"),
        (sqlite3.SQLITE_MISUSE, UserError, "cannot be used. Check the disk and the file"),
    ],
)
def test_each_error_of_sqlite_is_one_line(tmp_path: Path, code: int, kind: type[UserError], line: str) -> None:
    path = tmp_path / "metrics.db"
    error = _error(code)
    with pytest.raises(UserError) as caught, sqlite_errors(path):
        raise error
    assert type(caught.value) is kind
    assert str(caught.value) == f"{path}: {line}"
    assert caught.value.__cause__ is error


def test_an_error_of_the_module_s_own_is_a_line_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be used"), sqlite_errors(tmp_path / "metrics.db"):
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.")


def test_a_name_in_the_file_that_is_no_text_is_damage(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, sqlite_errors(tmp_path / "metrics.db"):
        b"\xff".decode()
    assert str(caught.value) == f"{tmp_path}/metrics.db: is damaged. {MOVE_AWAY}"


@pytest.mark.parametrize("wrapped", [system_errors, sqlite_errors])
@pytest.mark.parametrize(
    ("error", "reason"),
    [(PermissionError(13, "Permission denied"), "permission denied"), (OSError(), "no reason given")],
)
def test_each_error_of_the_system_is_one_line(tmp_path: Path, wrapped: object, error: OSError, reason: str) -> None:
    assert callable(wrapped)
    with pytest.raises(UserError) as caught, wrapped(tmp_path):
        raise error
    assert str(caught.value) == f"{tmp_path}: cannot be used: {reason}. Nothing is sent from here"


def test_on_a_read_only_filesystem_nothing_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def statvfs(path: str) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(f_flag=os.ST_RDONLY | os.ST_NOSUID)

    monkeypatch.setattr(os, "statvfs", statvfs)
    with pytest.raises(UserError) as caught, sqlite_errors(tmp_path / "metrics.db"):
        raise _error(sqlite3.SQLITE_CANTOPEN)
    assert caught.value.what == "lies on a read-only filesystem"
    assert caught.value.where == str(tmp_path / "metrics.db")
    assert caught.value.remedy == "It stays as it is until that can be written"
    assert asked == [str(tmp_path)]


def _failing(_: Path) -> SimpleNamespace:
    raise OSError


@pytest.mark.parametrize("statvfs", [_failing, lambda _: SimpleNamespace(f_flag=os.ST_NOSUID)])
def test_where_that_is_not_so_or_cannot_be_told_the_error_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statvfs: object
) -> None:
    monkeypatch.setattr(os, "statvfs", statvfs)
    with pytest.raises(UserError, match="the disk is full"), sqlite_errors(tmp_path / "metrics.db"):
        raise _error(sqlite3.SQLITE_FULL)


def test_where_there_is_no_such_question_it_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "statvfs")
    with pytest.raises(UserError, match="the disk is full"), sqlite_errors(tmp_path / "metrics.db"):
        raise _error(sqlite3.SQLITE_FULL)


@pytest.mark.parametrize(
    ("code", "lacks"),
    [
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_IOERR_WRITE, True),
        (sqlite3.SQLITE_IOERR_FSYNC, True),
        (sqlite3.SQLITE_IOERR_TRUNCATE, True),
        (sqlite3.SQLITE_CANTOPEN, True),
        (sqlite3.SQLITE_IOERR_READ, False),
        (sqlite3.SQLITE_BUSY, False),
        (sqlite3.SQLITE_OK, False),
    ],
)
def test_there_may_be_no_room_behind_more_than_one_error(code: int, lacks: bool) -> None:
    error = _error(code)
    assert may_lack_room(error) is lacks
    assert not may_lack_room(ValueError())
