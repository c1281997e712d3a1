"""Folders that are made for the config, and whose they are afterwards."""

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from shimmy_metrics.config.write import make_folder, overwrite
from shimmy_metrics.config.write import replace as replace_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners, links and modes are POSIX")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")


@posix
def test_missing_folders_are_made_private_and_others_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folder(tmp_path / "a" / "b" / "c")
    for each in ("a", "a/b", "a/b/c"):
        assert stat.S_IMODE((tmp_path / each).stat().st_mode) == 0o700
    make_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_folder_that_another_program_makes_first_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = Path.mkdir

    def second(folder: Path, mode: int, *, exist_ok: bool = False) -> None:
        os.mkdir(folder)
        mkdir(folder, mode, exist_ok=exist_ok)

    monkeypatch.setattr(Path, "mkdir", second)
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@as_root
def test_root_gives_away_nothing_that_a_link_in_a_new_folder_s_place_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, valued = tmp_path / "home", tmp_path / "of-root"
    home.mkdir()
    valued.mkdir()
    os.chown(home, 61_235, 61_236)

    def swapped(folder: Path, *_: object, **__: object) -> None:
        folder.symlink_to(valued)

    monkeypatch.setattr(Path, "mkdir", swapped)
    make_folder(home / "shimmy")
    assert (valued.stat().st_uid, valued.stat().st_gid) == (0, 0)
    assert (home / "shimmy").lstat().st_uid == 61_235


@as_root
def test_who_is_not_root_gives_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a"
    os.chown(tmp_path, 61_235, 61_236)
    monkeypatch.setattr(os, "geteuid", lambda: 61_235)
    make_folder(folder)
    assert (folder.stat().st_uid, folder.stat().st_gid) == (os.getuid(), os.getgid())
    (folder / "config.json").touch()
    os.chown(folder / "config.json", 61_235, 61_236)
    assert replace_file(folder / "config.json", b"new", lambda: True)
    written = (folder / "config.json").stat()
    assert (written.st_uid, written.st_gid) == (os.getuid(), os.getgid())


@as_root
def test_what_root_makes_in_another_s_home_is_theirs(tmp_path: Path) -> None:
    os.chown(tmp_path, 61_235, 61_236)
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    assert replace_file(folder / "config.json", b"new", lambda: True)
    for each in (folder.parent, folder, folder / "config.json"):
        assert (each.stat().st_uid, each.stat().st_gid) == (61_235, 61_236)
    os.chown(folder / "config.json", 61_237, 61_238)
    assert replace_file(folder / "config.json", b"newer", lambda: True)
    written = (folder / "config.json").stat()
    assert (written.st_uid, written.st_gid) == (61_237, 61_238)


@posix
def test_bytes_are_written_over_where_they_stand_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    file = tmp_path / "file"
    file.write_bytes(b"a true b")
    overwrite(file, b"a true b", 1, b"false")
    assert file.read_bytes() == b"afalse b"
    assert len(flushed) == 1
    for other in (b"afalse", b"afalse b "):
        with pytest.raises(OSError, match="being changed") as caught:
            overwrite(file, other, 1, b" true")
        assert (caught.value.errno, caught.value.strerror) == (errno.EAGAIN, "it is being changed")
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        overwrite(link, b"afalse b", 1, b" true")
    assert file.read_bytes() == b"afalse b"
