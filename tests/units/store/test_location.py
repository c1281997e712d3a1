"""Where the store may not lie: filesystems whose locks do not hold, folders and files that others have."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store import location
from shimmy_metrics.store.location import check_location, unwritable
from shimmy_metrics.system import files

NOBODY = 12_345

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o722, 0o702])
def test_a_folder_that_everybody_may_write_is_refused_until_the_remedy_was_followed(tmp_path: Path, mode: int) -> None:
    state = tmp_path / "two words"
    state.mkdir()
    check_location(state)
    state.chmod(mode)
    with pytest.raises(UserError) as raised:
        check_location(state)
    _, _, command = str(raised.value).partition("Nothing is sent from here; run: ")
    subprocess.run(command, shell=True, check=True)
    check_location(state)


@as_root
def test_a_group_s_right_to_write_counts_unless_the_group_is_the_person_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o770)
    check_location(tmp_path)  # group `root`, of root alone
    os.chown(tmp_path, -1, NOBODY)
    with pytest.raises(UserError, match="others may write"):
        check_location(tmp_path)
    os.chown(tmp_path, -1, 0)
    monkeypatch.setattr("grp.getgrgid", lambda gid: type("Group", (), {"gr_name": "root", "gr_mem": ["mallory"]}))
    with pytest.raises(UserError, match="others may write"):
        check_location(tmp_path)


def test_a_further_user_in_an_access_control_list_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o770)
    os.chown(tmp_path, -1, os.getegid())
    monkeypatch.setattr(files, "_own_group", lambda number: True)
    check_location(tmp_path)
    monkeypatch.setattr(os, "listxattr", lambda path: ["system.posix_acl_access"])
    with pytest.raises(UserError, match="others may write"):
        check_location(tmp_path)


def _given_away(path: Path) -> None:
    path.touch()
    os.chown(path, NOBODY, NOBODY)


PLANTED: list[object] = [
    lambda path: path.symlink_to(path.parent.parent / "notes"),
    lambda path: path.symlink_to("/nowhere"),
    lambda path: path.hardlink_to(path.parent.parent / "notes"),
    os.mkfifo,
    Path.mkdir,
    pytest.param(_given_away, marks=as_root),
]


@pytest.mark.parametrize("name", ["metrics.db", "metrics.db-journal", "metrics.log", "sender.lock", "session-1.lock"])
@pytest.mark.parametrize("plant", PLANTED)
def test_what_was_planted_in_the_folder_is_named_and_refused(
    tmp_path: Path, plant: Callable[[Path], object], name: str
) -> None:
    (tmp_path / "notes").write_text("mine")
    state = tmp_path / "shimmy"
    state.mkdir()
    plant(state / name)
    with pytest.raises(UserError) as raised:
        check_location(state)
    assert str(raised.value).startswith(f"{state / name}: ")
    assert str(raised.value).endswith("Nothing is sent from here; move it away")
    (state / name).rename(tmp_path / "away")
    check_location(state)


def test_what_is_not_ours_in_the_folder_is_nobody_s_business(tmp_path: Path) -> None:
    (tmp_path / "notes").symlink_to("/nowhere")
    (tmp_path / "metrics").mkdir()
    check_location(tmp_path)


@as_root
@pytest.mark.parametrize("owner", [NOBODY, 0])
def test_a_folder_of_another_user_s_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: int) -> None:
    state = tmp_path / "shimmy"
    state.mkdir()
    os.chown(state, owner, owner)
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(UserError, match="belongs to another user"):
        check_location(state)
    state.rmdir()
    check_location(state)  # to be made in what root gave out, as in /tmp


@pytest.mark.parametrize(
    ("make", "what", "remedy"),
    [
        (Path.touch, "is not a folder", "Nothing is sent from here; move it away"),
        (
            lambda path: path.mkdir(mode=0o777),
            "others may write this folder",
            "Nothing is sent from here; run: chmod go-w {}",
        ),
    ],
)
def test_each_trouble_with_the_folder_is_one_line(
    tmp_path: Path, make: Callable[[Path], object], what: str, remedy: str
) -> None:
    state = tmp_path / "shimmy"
    previous = os.umask(0)
    make(state)
    os.umask(previous)
    with pytest.raises(UserError) as caught:
        check_location(state)
    assert str(caught.value) == f"{state}: {what}. {remedy.format(state)}"


@pytest.mark.parametrize("there", [False, True])
def test_under_sudo_the_line_names_the_owner_s_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    asked: list[tuple[Path, bool]] = []

    def another(path: Path, *, root_counts: bool) -> bool:
        asked.append((path, root_counts))
        return True

    monkeypatch.setattr(location, "another_owner", another)
    state = tmp_path / "shimmy"
    if there:
        state.mkdir()
    with pytest.raises(UserError) as caught:
        check_location(state)
    assert str(caught.value) == (
        f"{state}: belongs to another user. Nothing is sent from here; run this as the owner (under sudo the home may "
        "be another person's)"
    )
    assert asked == [(state, there)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [(PermissionError(13, "Permission denied"), "permission denied"), (OSError(), "no reason given")],
)
def test_a_folder_that_cannot_be_looked_at_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    def failing(*_: object, **__: object) -> bool:
        raise error

    monkeypatch.setattr(location, "another_owner", failing)
    with pytest.raises(UserError) as caught:
        check_location(tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be used: {reason}. Nothing is sent from here"


@pytest.mark.parametrize(
    ("root", "blocks", "free", "available", "full"),
    [
        (False, 5_044, 122, 0, True),
        (False, 5_044, 122, 1, False),
        (True, 5_044, 122, 0, True),  # what ext4 keeps for itself
        (True, 5_044, 300, 0, False),  # what is kept for root
        (False, 0, 0, 0, False),  # a tmpfs without a size
    ],
)
def test_a_disk_is_full_where_this_user_gets_no_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, root: bool, blocks: int, free: int, available: int, full: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1_000)
    counted = SimpleNamespace(f_blocks=blocks, f_bfree=free, f_bavail=available)
    monkeypatch.setattr(os, "statvfs", lambda _: counted)
    path = tmp_path / "shimmy" / "metrics.db"
    assert unwritable(path) == (f"{path}: the disk is full. Make room" if full else "")


@pytest.mark.parametrize("made", [True, False])
def test_what_may_not_be_written_is_told_with_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, made: bool
) -> None:
    path = tmp_path / "metrics.db"
    if made:
        path.touch()
    assert unwritable(path) == ""
    monkeypatch.setattr(os, "access", lambda place, mode: mode == os.W_OK and Path(place) != tmp_path)
    assert unwritable(path) == (
        f"{path} cannot be written. Check who may write it and its folder, and whether the disk is mounted read-only"
    )


def test_a_disk_that_does_not_say_what_room_it_has_is_not_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "statvfs", refuse)
    assert unwritable(tmp_path / "metrics.db") == ""
