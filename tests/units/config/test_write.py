"""What a killed writer left is cleared away by the next, and nothing else is."""

import errno
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.config import write as module
from shimmy_metrics.config.write import leftovers, sweep
from shimmy_metrics.config.write import replace as replace_file
from support.open_files import open_files
from support.samples import profile


def test_what_a_killed_writer_left_goes_with_the_next_and_nothing_else_does(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    decline(mine)
    folder = mine.config_path.parent
    left = folder / ".config.json.shimmy-metrics-0123456789abcdef"
    names = (".config.json.swp", ".config.json.abcd1234", ".config.json.shimmy-metrics-mine", f"x{left.name}")
    kept = [folder / name for name in names]
    for each in (left, *kept):
        each.write_text("half")

    def look() -> bool:
        at_work = [each for each in leftovers(mine.config_path) if each != left]
        assert len(at_work) == 1
        sweep(mine.config_path)
        assert leftovers(mine.config_path) == at_work
        return False

    assert not replace_file(mine.config_path, b"{}", look)
    assert leftovers(mine.config_path) == []
    left.write_text("half")
    enable(mine)
    assert leftovers(mine.config_path) == []
    assert all(each.read_text() == "half" for each in kept)


def test_writers_that_sweep_each_other_all_write(tmp_path: Path) -> None:
    mine = profile(tmp_path)

    def toggle(_: int) -> None:
        for _ in range(30):
            decline(mine)
            mine.config_path.unlink(missing_ok=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(toggle, range(4)))
    assert leftovers(mine.config_path) == []


posix = pytest.mark.skipif(sys.platform == "win32", reason="owners, links and modes are POSIX")


def test_new_bytes_take_the_file_s_place_whole_and_private(tmp_path: Path) -> None:
    target = tmp_path / "config.json"
    target.write_text("old")
    target.chmod(0o644)
    assert replace_file(target, b"new", lambda: target.read_text() == "old")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]


@posix
def test_whatever_becomes_of_a_writing_nothing_stays_open_or_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "config.json"
    target.write_text("old")
    before = open_files()

    def trouble() -> bool:
        raise ValueError("no")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert not replace_file(target, b"new", lambda: False)
    with pytest.raises(ValueError, match="no"):
        replace_file(target, b"new", trouble)
    for name in ("replace", "fsync"):
        with monkeypatch.context() as patched:
            patched.setattr(os, name, refuse)
            with pytest.raises(OSError, match="No space left"):
                replace_file(target, b"new", lambda: True)
    assert target.read_text() == "old"
    assert replace_file(target, b"new", lambda: True)
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]
    assert open_files() <= before


@posix
def test_without_a_standard_input_nothing_stays_open_either(tmp_path: Path) -> None:
    kept = os.dup(0)
    os.close(0)  # what is opened next gets its number
    try:
        assert replace_file(tmp_path / "config.json", b"new", lambda: True)
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            os.fstat(0)
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@posix
@pytest.mark.parametrize("planted", ["file", "link"])
def test_what_lies_where_the_new_bytes_would_be_written_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    monkeypatch.setattr(module, "sweep", lambda _: None)
    notes = tmp_path / "notes"
    notes.write_text("mine")
    name = tmp_path / f".config.json.shimmy-metrics-{'0' * 16}"
    if planted == "link":
        name.symlink_to(notes)
    else:
        name.hardlink_to(notes)
    with pytest.raises(FileExistsError):
        replace_file(tmp_path / "config.json", b"new", lambda: True)
    assert notes.read_text() == "mine"
    assert name.exists()


@posix
def test_nobody_sweeps_the_new_bytes_before_they_are_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "config.json"
    put = os.replace

    def swept(old: Path, new: Path) -> None:
        sweep(target)
        put(old, new)

    monkeypatch.setattr(os, "replace", swept)
    assert replace_file(target, b"new", lambda: True)
    assert target.read_bytes() == b"new"


@posix
def test_the_bytes_and_then_the_folder_are_on_the_disk_when_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "config.json"
    flushed: list[tuple[str, bytes]] = []

    def noted(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            flushed.append(("folder", target.read_bytes()))
        else:
            (beside,) = leftovers(target)
            flushed.append(("file", beside.read_bytes()))

    monkeypatch.setattr(os, "fsync", noted)
    assert replace_file(target, b"new", lambda: True)
    assert flushed == [("file", b"new"), ("folder", b"new")]


@posix
def test_a_folder_that_cannot_be_flushed_undoes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "config.json"

    def refuse(_: Path) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(module, "_sync_dir", refuse)
    assert replace_file(target, b"new", lambda: True)
    assert target.read_bytes() == b"new"


def test_a_filesystem_without_locks_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(module, "try_lock", refuse)
    left = tmp_path / ".config.json.shimmy-metrics-0123456789abcdef"
    left.touch()
    assert replace_file(tmp_path / "config.json", b"new", lambda: True)
    assert left.exists()  # nobody can tell whether it is in use


@pytest.mark.parametrize("times", [1, 2])
def test_where_another_sweeps_at_the_wrong_moment_it_is_tried_again(tmp_path: Path, times: int) -> None:
    target = tmp_path / "config.json"
    asked: list[int] = []

    def swept() -> bool:
        asked.append(1)
        if len(asked) <= times:
            leftovers(target)[0].unlink()
        return True

    assert replace_file(target, b"new", swept)
    assert target.read_bytes() == b"new"


def test_where_others_sweep_always_it_is_said_that_the_file_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "config.json"

    def swept() -> bool:
        leftovers(target)[0].unlink()
        return True

    with pytest.raises(FileNotFoundError) as caught:
        replace_file(target, b"new", swept)
    assert (caught.value.errno, caught.value.strerror) == (errno.ENOENT, os.strerror(errno.ENOENT))


@posix
def test_nothing_but_a_plain_file_is_swept(tmp_path: Path) -> None:
    target = tmp_path / "config.json"
    link, fifo, folder = (tmp_path / f".config.json.shimmy-metrics-{each * 16}" for each in "abc")
    notes = tmp_path / "notes"
    notes.touch()
    link.symlink_to(notes)
    os.mkfifo(fifo)
    folder.mkdir()
    before = open_files()
    assert sorted(leftovers(target)) == [link, fifo, folder]
    sweep(target)
    assert sorted(leftovers(target)) == [link, fifo, folder]
    assert notes.exists()
    assert open_files() <= before


def test_in_a_folder_that_is_not_there_nothing_was_left(tmp_path: Path) -> None:
    assert leftovers(tmp_path / "none" / "config.json") == []
    sweep(tmp_path / "none" / "config.json")
