"""A lock is its holder's, and a look at it takes it from nobody."""

import threading
from pathlib import Path

import pytest

from shimmy_metrics.system import locks
from shimmy_metrics.system.locks import Lock, is_locked


def test_a_lock_is_held_by_one_and_free_again_after_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    first, second = Lock(path), Lock(path)
    assert first.take()
    assert is_locked(path)
    assert not second.take()
    first.release()
    assert not is_locked(path)
    assert second.take()
    second.release(remove=True)
    assert not path.exists()


def test_a_look_that_has_the_lock_for_an_instant_takes_it_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    looking = path.open("r+b")
    assert locks.try_lock(looking.fileno())
    threading.Timer(0.01, looking.close).start()
    lock = Lock(path)
    assert lock.take()
    lock.release()


def test_a_lock_s_file_that_is_removed_under_its_taker_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    lock_now = locks.try_lock

    def removed_before(descriptor: int) -> bool:
        monkeypatch.setattr(locks, "try_lock", lock_now)
        path.unlink()
        return lock_now(descriptor)

    monkeypatch.setattr(locks, "try_lock", removed_before)
    lock = Lock(path)
    assert lock.take()
    assert is_locked(path)
    lock.release(remove=True)
    assert not path.exists()
