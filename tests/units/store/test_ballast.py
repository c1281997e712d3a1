"""Room for what has to be written: the ballast."""

import os
import sqlite3
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import database
from shimmy_metrics.store.ballast import BALLAST_BYTES, ballast_path, create, free
from shimmy_metrics.store.database import opened, with_room
from support.samples import profile
from support.store_files import store_path


def _no_room() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class _Step:
    """Something that has to be written, and fails so often."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return "written"


def test_what_has_to_be_written_takes_the_ballast_s_room_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    create(path)
    step = _Step()
    assert with_room(path, step) == "written"
    assert Path(ballast_path(path)).exists()
    step = _Step(sqlite3.OperationalError("no such table: outbox"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        with_room(path, step)
    assert (step.tries, Path(ballast_path(path)).exists()) == (1, True)
    step = _Step(_no_room())
    assert with_room(path, step) == "written"
    assert (step.tries, Path(ballast_path(path)).exists()) == (2, False)
    step = _Step(_no_room())
    with pytest.raises(sqlite3.OperationalError, match="full"):
        with_room(path, step)
    assert step.tries == 1  # there was no more room to be made


def test_the_ballast_takes_its_room_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.db"
    create(path)
    laid = Path(ballast_path(path))
    held = laid.read_bytes()
    assert len(held) == BALLAST_BYTES == 131_072
    assert held.strip(b"\0")
    assert laid.stat().st_mode & 0o777 == 0o600
    create(path)
    assert laid.read_bytes() == held  # what is there stays
    assert free(path)
    assert not free(path)
    laid.symlink_to(tmp_path / "elsewhere")
    create(path)
    assert not (tmp_path / "elsewhere").exists()
    laid.unlink()
    create(tmp_path / "missing/metrics.db")  # no folder, no ballast, no error
    planted: list[bool] = []

    def no_room(_: int) -> bytes:
        planted.append(laid.exists())
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "urandom", no_room)
    create(path)
    assert planted == [True]
    assert not laid.exists()


def test_a_ballast_that_somebody_put_there_between_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.db"
    Path(ballast_path(path)).write_bytes(b"somebody's")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    create(path)
    assert Path(ballast_path(path)).read_bytes() == b"somebody's"


@pytest.mark.parametrize("for_deletion", [False, True])
def test_only_for_a_deletion_the_ballast_is_given_up_at_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_deletion: bool
) -> None:
    mine = profile(tmp_path)
    with opened(mine):
        pass
    laid = Path(ballast_path(store_path(mine)))
    original = database.secure
    given_up: list[bool] = []

    def secure(db: sqlite3.Connection) -> None:
        if laid.exists():
            raise _no_room()
        given_up.append(True)
        original(db)

    monkeypatch.setattr(database, "secure", secure)
    if for_deletion:
        with opened(mine, for_deletion=True):
            pass
    else:
        with pytest.raises(UserError, match="disk is full"), opened(mine):
            pass
    assert given_up == ([True] if for_deletion else [])
