"""The lock beside the config: one holder, a time that tells noes apart, and nothing that is not the person's own."""

import errno
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from shimmy_metrics.config import lock as module
from shimmy_metrics.config.lock import ConfigLock
from support.open_files import open_files
from support.timely import in_time

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners, links and modes are POSIX")
LATER = 4_000_000_000_000_000_000
"""A time in the year 2096, in ns: the clock was wrong when the last no was given."""


def test_it_is_held_by_one_until_the_block_is_left(tmp_path: Path) -> None:
    with ConfigLock(tmp_path) as one, ConfigLock(tmp_path) as other:
        assert (one.refusal, other.refusal) == ("", "")
        assert one.take(0)
        began = time.monotonic()
        assert not other.take(0)
        assert in_time(time.monotonic() - began, 0.2)
        assert other.refusal == ""  # somebody has it for now: that is no refusal
        one.__exit__()
        assert other.take(0)


def test_it_is_waited_for_as_long_as_is_asked(tmp_path: Path) -> None:
    with ConfigLock(tmp_path) as one, ConfigLock(tmp_path) as other:
        assert one.take(0)
        began = time.monotonic()
        assert not other.take(0.1)
        assert time.monotonic() - began >= 0.1


def test_it_is_taken_within_a_moment_of_becoming_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConfigLock(tmp_path) as one, ConfigLock(tmp_path) as other:
        assert one.take(0)

        def freed(seconds: float) -> None:
            assert seconds <= 0.05  # a no waits 250 ms at most
            one.__exit__()

        monkeypatch.setattr(time, "sleep", freed)
        assert other.take(5)


def test_after_the_block_it_can_neither_be_taken_nor_tell_a_no(tmp_path: Path) -> None:
    with ConfigLock(tmp_path) as lock:
        lock.record_no()
        assert lock.last_no() > 0
    before = (tmp_path / ".lock").stat().st_mtime_ns
    assert not lock.take(0)
    assert lock.last_no() == 0
    lock.record_no()
    assert (tmp_path / ".lock").stat().st_mtime_ns == before
    lock.__exit__()  # nothing happens, where it is left again


def test_a_no_is_told_with_its_time(tmp_path: Path) -> None:
    with ConfigLock(tmp_path) as lock:
        os.utime(tmp_path / ".lock", (1, 1))
        before = time.time_ns()
        lock.record_no()
        assert before <= lock.last_no() <= time.time_ns()
        assert (tmp_path / ".lock").stat().st_atime_ns == lock.last_no()


@pytest.mark.parametrize("last", [LATER, None])
def test_two_noes_are_further_apart_than_the_coarsest_filesystem_can_tell(tmp_path: Path, last: int | None) -> None:
    with ConfigLock(tmp_path) as lock:
        lock.record_no()
        if last:
            os.utime(tmp_path / ".lock", ns=(last, last))
        first = lock.last_no()
        lock.record_no()
        assert lock.last_no() - first == 2_000_000_000


def test_a_no_is_told_where_an_open_file_s_time_cannot_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = os.utime

    def utime(path: Path | int, *, ns: tuple[int, int]) -> None:
        assert isinstance(path, Path)  # as on Windows
        by_name(path, ns=ns)

    with ConfigLock(tmp_path) as lock:
        before = lock.last_no()
        monkeypatch.setattr(os, "utime", utime)
        lock.record_no()
        assert lock.last_no() > before


@posix
def test_a_no_leaves_alone_what_was_put_in_the_lock_s_place_meanwhile(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    os.utime(notes, (1, 1))
    with ConfigLock(tmp_path) as lock:
        (tmp_path / ".lock").unlink()
        (tmp_path / ".lock").symlink_to(notes)
        lock.record_no()
    assert notes.stat().st_mtime == 1


def test_a_time_that_cannot_be_set_stops_no_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with ConfigLock(tmp_path) as lock:
        monkeypatch.setattr(os, "utime", refuse)
        lock.record_no()


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(errno.ENOLCK, "No locks available"), "no locks available"), (OSError(), "no reason given")],
)
def test_a_filesystem_without_locks_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    def refuse(_: int) -> bool:
        raise error

    monkeypatch.setattr(module, "try_lock", refuse)
    with ConfigLock(tmp_path) as lock:
        began = time.monotonic()
        assert not lock.take(5)
        assert in_time(time.monotonic() - began, 1)
        assert lock.refusal == reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(errno.ENOSPC, "No space left on device"), "no space left on device"), (OSError(), "no reason given")],
)
def test_a_lock_that_cannot_be_made_is_refused_in_the_system_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    lock = ConfigLock(tmp_path)
    assert lock.refusal == reason
    assert not lock.take(5)
    assert lock.last_no() == 0
    lock.record_no()


@posix
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o400])
def test_whoever_could_read_it_could_lock_it_so_it_is_made_private(tmp_path: Path, mode: int) -> None:
    if mode == 0o400 and os.geteuid():
        mode = 0o640  # nobody but root opens a file of 0400 for writing
    (tmp_path / ".lock").touch()
    (tmp_path / ".lock").chmod(mode)
    with ConfigLock(tmp_path) as lock:
        assert lock.take(0)
    assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("planted", ["link", "hard link", "FIFO"])
def test_what_is_planted_in_its_place_is_refused_and_left_as_it_is(tmp_path: Path, planted: str) -> None:
    notes = tmp_path / "notes"
    notes.touch(0o644)
    path = tmp_path / ".lock"
    if planted == "link":
        path.symlink_to(notes)
    elif planted == "hard link":
        path.hardlink_to(notes)
    else:
        os.mkfifo(path, 0o644)
    before = open_files()
    lock = ConfigLock(tmp_path)
    assert open_files() <= before
    expected = os.strerror(errno.ELOOP).lower() if planted == "link" else "its lock is not a file of your own"
    assert lock.refusal == expected
    assert not lock.take(0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@posix
def test_in_another_s_folder_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if tmp_path.stat().st_uid == 0:
        os.chown(tmp_path, 61_235, 61_235)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 61_235)
    assert ConfigLock(tmp_path).refusal == "the folder belongs to another user"
    assert not (tmp_path / ".lock").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_in_a_folder_of_root_s_a_person_s_own_file_is_their_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".lock").touch(0o600)
    os.chown(tmp_path / ".lock", 61_235, 61_235)
    monkeypatch.setattr(os, "geteuid", lambda: 61_235)
    with ConfigLock(tmp_path) as lock:
        assert lock.refusal == ""
        assert lock.take(0)


@posix
def test_one_that_is_removed_as_it_is_opened_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def removed(path: Path, *others: int) -> int:
        descriptor = opened(path, *others)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", removed)
    assert ConfigLock(tmp_path).refusal == "its lock is not a file of your own"


@posix
def test_it_is_made_private_not_only_closed_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fchmod", lambda *_: pytest.fail("for a moment others could lock it"))
    with ConfigLock(tmp_path) as lock:
        assert lock.take(0)
    assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o600


@posix
def test_another_s_file_is_no_lock_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".lock").touch(0o644)
    if os.geteuid() == 0:
        os.chown(tmp_path / ".lock", 61_235, 61_235)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 61_235)
    assert ConfigLock(tmp_path).refusal
    assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o644
