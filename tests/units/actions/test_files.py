"""Everything of ours on this disk is listed with its exact size; what is not ours is not, and nothing is opened."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.export import export_receipts
from shimmy_metrics.actions.files import FileKind, OwnFile, files
from shimmy_metrics.errors import UserError
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.files import NOTHING_HERE, USES, listed
from support.samples import profile, queued

EXPORT = b'{\n  "format": "shimmy-metrics export 2",\n  "config": {}\n}\n'
CONFIG_FOLDER = ("config.json", ".lock", ".config.json.abcd_123", f".config.json.shimmy-metrics-{'0f' * 8}")
STATE_FOLDER = (
    "metrics.db",
    "metrics.db-journal",
    "metrics.db-wal",
    "metrics.db-shm",
    "metrics.log",
    "ballast",
    "sender.lock",
    "session-7.lock",
    "session-c0ffee00-0000-4000-8000-00000000cafe.lock",
)
HOME = ("shimmy-metrics-2026-11-28.json", "shimmy-receipts-2026-11-28.json", "shimmy-report-2026-11-28-2.json")
SAVED = {HOME[0]: EXPORT, HOME[1]: export_receipts([]), HOME[2]: queued().body}
FOREIGN = (
    "config.json.bak",
    ".config.json.swp",
    "metrics.db.bak",
    "notes.txt",
    "session-x.lock",
    "shimmy-metrics.json",
)


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    """Return a profile in which every file that is ours exists, each with a size of its own, among foreign ones."""
    made = Profile(tmp_path / "config/config.json", tmp_path / "state", home=tmp_path / "home")
    number = 0
    for folder, names in (("config", CONFIG_FOLDER), ("state", STATE_FOLDER), ("home", HOME)):
        (tmp_path / folder).mkdir()
        for name in names:
            number += 1
            (tmp_path / folder / name).write_bytes(SAVED.get(name, bytes(number)))
        for name in FOREIGN:
            (tmp_path / folder / name).write_text("somebody's")
    return made


def test_each_file_of_ours_is_listed_with_its_size_and_no_other(mine: Profile, tmp_path: Path) -> None:
    names = [*(("config", each) for each in CONFIG_FOLDER), *(("state", each) for each in STATE_FOLDER)]
    names += [("home", each) for each in HOME]
    sizes = {
        tmp_path / folder / name: len(SAVED[name]) if name in SAVED else size
        for size, (folder, name) in enumerate(names, 1)
    }
    found = files(mine)
    assert {Path(each.path): each.size for each in found if each.kind is not FileKind.FOLDER} == sizes
    assert [Path(each.path) for each in found if each.kind is FileKind.FOLDER] == [tmp_path / "state"]
    assert {each.kind for each in found} == set(FileKind) == set(USES)


def test_what_is_listed_is_told_with_path_size_use_and_sum(mine: Profile) -> None:
    lines = list(listed(files(mine)))
    assert f"{mine.config_path}  1 byte" in lines
    assert f"    {USES[FileKind.BALLAST]}" in lines
    # The config, which is listed above the folder, lies in another one.
    assert lines[lines.index(str(mine.state_path)) + 1] == "    the folder of the store and of what lies beside it"
    size = sum(range(14)) + sum(map(len, SAVED.values()))
    assert f"16 files, {size:,} bytes, one of them the config, not counting the program itself." in lines
    config, *others = files(mine)
    assert "1 file, 1 byte, not counting the program itself." in listed([config])
    folder = next(each for each in others if each.kind is FileKind.FOLDER)
    assert "1 file, 1 byte, not counting the program itself." in listed([config, folder])
    assert not any("of them the config" in line for line in listed(others))
    assert next(listed(())) == NOTHING_HERE


def test_a_path_that_would_steer_a_terminal_is_spelled_out() -> None:
    lines = list(listed([OwnFile("/h/\x1b[2J\n", FileKind.LOG, 3)]))
    assert lines[0] == "/h/\\x1b[2J\\n  3 bytes"


def test_nothing_but_what_may_have_been_saved_is_opened_and_nothing_written(mine: Profile, tmp_path: Path) -> None:
    for path in (*mine.config_path.parent.iterdir(), *mine.state_path.iterdir()):
        path.chmod(0)
    before = {path: path.stat() for path in mine.config_path.parent.parent.rglob("*")}
    opened_files: list[object] = []
    recording = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if recording and event == "open":
            opened_files.append(arguments[0])

    sys.addaudithook(hook)
    assert mine.home is not None
    assert len(files(mine)) == 17
    recording = False
    assert opened_files == [str(tmp_path / "home" / name) for name in HOME]
    assert {path: path.stat() for path in mine.config_path.parent.parent.rglob("*")} == before


@pytest.mark.parametrize(
    ("held", "ours"),
    [
        pytest.param(EXPORT, True, id="export"),
        pytest.param(EXPORT + b" " * 100_000, True, id="long export"),
        pytest.param(queued().body, True, id="report"),
        pytest.param(b"[%b,%b]\n" % (queued().body, queued().body), True, id="two reports"),
        pytest.param(queued().body.replace(b"}}", b',"added":"by hand"}}'), True, id="report, edited"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"{}", False, id="object"),
        pytest.param(b"[]", False, id="empty array"),
        pytest.param(b"[%b,{}]" % queued().body, False, id="a report and something else"),
        pytest.param(b"my thesis", False, id="text"),
        pytest.param(b'{"format": "export 2", "shimmy-metrics": 1}', False, id="another export"),
        pytest.param(b"[" * 30_000, False, id="nested"),
        pytest.param(b"\xff\xfe", False, id="no UTF-8"),
    ],
)
def test_a_file_is_an_export_of_ours_by_what_it_holds(tmp_path: Path, held: bytes, ours: bool) -> None:
    (tmp_path / HOME[0]).write_bytes(held)
    mine = Profile(tmp_path / "none", tmp_path / "none", home=tmp_path)
    assert [each.kind for each in files(mine)] == ([FileKind.EXPORT] if ours else [])


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_what_only_has_a_name_of_ours_is_not_ours(tmp_path: Path, kind: str) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("somebody's")
    planted = mine.state_path / "sender.lock"
    if kind == "link":
        planted.symlink_to(tmp_path / "notes.txt")
    elif kind == "folder":
        planted.mkdir()
    else:
        os.mkfifo(planted)
    assert [each.kind for each in files(mine)] == [FileKind.FOLDER]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_ours_and_a_folder_of_theirs_is_said(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    (mine.state_path / "metrics.log").touch()
    os.chown(mine.state_path / "metrics.log", 61_235, 61_235)
    assert [each.kind for each in files(mine)] == [FileKind.FOLDER]
    os.chown(mine.state_path, 61_235, 61_235)
    with pytest.raises(UserError, match="belongs to another user"):
        files(mine)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such users")
def test_a_folder_of_root_is_said_to_be_another_user_s_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    owner = mine.state_path.stat()
    found = os.stat

    def of_root(path: Any, **options: Any) -> os.stat_result:  # noqa: ANN401 - as `os.stat` takes them
        told = found(path, **options)
        return os.stat_result((*told[:4], 0, *told[5:])) if str(path) == str(mine.state_path) else told

    monkeypatch.setattr(os, "geteuid", lambda: owner.st_uid + 1)
    monkeypatch.setattr(os, "stat", of_root)
    with pytest.raises(UserError, match=r"belongs to another user\. Run this as the owner"):
        files(mine)


def test_a_config_kept_elsewhere_is_listed_where_it_is_linked_with_what_was_left_beside_it(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "shimmy.json").write_text("{}")
    (dotfiles / f".shimmy.json.shimmy-metrics-{'0f' * 8}").write_text("{")
    mine.config_path.parent.mkdir(parents=True)
    mine.config_path.symlink_to(dotfiles / "shimmy.json")
    assert [(each.kind, each.size) for each in files(mine)] == [(FileKind.CONFIG, 2), (FileKind.CONFIG_LEFTOVER, 1)]


def test_every_file_that_the_program_makes_is_listed(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    with opened(mine) as db:
        outbox.add(db, queued())
        lock = sessions.take_lock(mine, 1)
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM outbox")  # with its journal beside it
        made = {path for path in tmp_path.rglob("*") if path.is_file()}
        assert {Path(each.path) for each in files(mine) if each.kind is not FileKind.FOLDER} == made
        db.execute("ROLLBACK")
    lock.release()
    assert len(made) >= 5


def test_privacy_names_each_file() -> None:
    told = (Path(__file__).parents[3] / "PRIVACY.md").read_text()
    for name in (*STATE_FOLDER[:7], *CONFIG_FOLDER[:2], ".config.json.", "session-N.lock"):
        assert f"`{name}`" in told
    for name in HOME:
        offered = name.replace("2026-11-28", "DATE").replace("DATE-2", "DATE")
        assert f"`{offered}`" in told
