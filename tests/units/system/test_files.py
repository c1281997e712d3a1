"""`open_private`: what somebody may have planted is never followed, written, cut or waited for."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shimmy_metrics.system.files import open_private
from shimmy_metrics.system.locks import Lock, is_locked
from shimmy_metrics.system.log import log_event
from support.open_files import open_files
from support.samples import profile

NOBODY = 12_345

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


def _given_away(path: Path) -> None:
    path.write_text("theirs")
    path.chmod(0o666)
    os.chown(path, NOBODY, NOBODY)


Plant = Callable[[Path], object]
PLANTED = [
    lambda path: path.symlink_to(path.parent.parent / "notes"),
    lambda path: path.symlink_to(path.parent.parent / "not there"),
    lambda path: path.hardlink_to(path.parent.parent / "notes"),
    os.mkfifo,
    Path.mkdir,
    pytest.param(_given_away, marks=as_root),
]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "notes").write_text("mine")
    state = profile(tmp_path).state_path
    state.mkdir(parents=True)
    # The links above are told relative to the folder's parent.
    (state.parent / "notes").hardlink_to(tmp_path / "notes")
    return state


@pytest.fixture(autouse=True)
def never_wait() -> Iterator[None]:
    signal.alarm(20)  # a FIFO that is waited for ends the run rather than hanging it
    yield
    signal.alarm(0)


def test_a_file_of_our_own_is_made_private_and_opened_again(state: Path) -> None:
    path = state / "file"
    with pytest.raises(FileNotFoundError):
        open_private(path, os.O_RDWR)
    for _ in range(2):
        with open(open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as file:
            file.write(b"line\n")
    assert path.read_bytes() == b"line\nline\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("flags", [os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_APPEND | os.O_CREAT, os.O_RDONLY])
@pytest.mark.parametrize("plant", PLANTED)
def test_what_was_planted_is_not_opened(state: Path, plant: Plant, flags: int) -> None:
    path = state / "file"
    plant(path)
    before = os.lstat(path)
    held_open = open_files()
    with pytest.raises(OSError, match=r".") as raised:
        open_private(path, flags)
    assert not isinstance(raised.value, FileNotFoundError)
    assert os.lstat(path)[:9] == before[:9]
    assert (state.parent / "notes").read_text() == "mine"
    assert not (state.parent / "not there").exists()
    assert open_files() <= held_open


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_nothing_is_opened_or_made_where_others_may_write(state: Path, mode: int) -> None:
    (state / "there").touch()
    state.chmod(mode)
    for name in ("there", "new"):
        with pytest.raises(PermissionError, match="not yours alone"):
            open_private(state / name, os.O_RDWR | os.O_CREAT)
    assert os.listdir(state) == ["there"]


@as_root
def test_nothing_is_opened_or_made_in_another_s_folder(state: Path) -> None:
    os.chown(state, NOBODY, NOBODY)
    with pytest.raises(PermissionError, match="not yours alone"):
        open_private(state / "new", os.O_RDWR | os.O_CREAT)
    assert os.listdir(state) == []


@pytest.mark.parametrize("plant", PLANTED)
def test_a_lock_s_file_that_was_planted_is_never_taken_and_never_touched(state: Path, plant: Plant) -> None:
    path = state / "sender.lock"
    plant(path)
    lock = Lock(path)
    with pytest.raises(OSError, match=r"."):
        lock.take()
    assert is_locked(path)  # not ours to judge: left alone
    lock.release(remove=True)
    assert os.path.lexists(path)
    assert (state.parent / "notes").read_text() == "mine"


@pytest.mark.parametrize("plant", PLANTED)
def test_the_log_is_not_written_through_what_was_planted(state: Path, tmp_path: Path, plant: Plant) -> None:
    mine = profile(tmp_path)
    plant(Path(mine.log_file))
    before = os.lstat(Path(mine.log_file)).st_size
    log_event(mine, "the relay met an error")
    assert os.lstat(Path(mine.log_file)).st_size == before
    assert (state.parent / "notes").read_text() == "mine"
    assert not (state.parent / "not there").exists()
