"""A yes counts only from a file that is the person's own and that nobody else may write."""

import contextlib
import errno
import json
import os
import shlex
import stat
import sys
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.actions.decide import decline, enable, only_for_me
from shimmy_metrics.config import trust
from shimmy_metrics.config.file import load
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.config.trust import distrust, keep_others_out
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.profile import Profile
from support.planted_config import config_of, is_counted
from support.samples import profile

_LOOKS: Final = 20
"""How often a path of many links is looked at: a busy Linux may count those of a first look to the second one's."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o400, 0o444])
def test_who_may_read_it_does_not_matter(tmp_path: Path, mode: int) -> None:
    mine = config_of(tmp_path)
    mine.config_path.chmod(mode)
    mine.config_path.parent.chmod(0o755)
    assert is_counted(mine)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o660])
def test_a_file_that_others_may_write_is_no_yes_until_it_is_enabled(tmp_path: Path, mode: int) -> None:
    mine = config_of(tmp_path)
    mine.config_path.chmod(mode)
    assert not is_counted(mine)
    assert load(mine).distrust == f"others may write {mine.config_path}"
    made = enable(mine)
    assert made.changed
    assert made.notices == (f"Others could write {mine.config_path}. They no longer can.",)
    assert stat.S_IMODE(mine.config_path.stat().st_mode) == 0o600
    # What somebody else may have written there is not agreed to with it.
    assert made.decision.endpoint == ENDPOINT
    assert "evil" not in mine.config_path.read_text()
    assert is_counted(mine)


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o1777, 0o775, 0o757])
def test_a_folder_that_others_may_write_is_no_yes_until_it_is_enabled(tmp_path: Path, mode: int) -> None:
    mine = config_of(tmp_path, '{"metrics": {"enabled": true}}')
    folder = mine.config_path.parent
    folder.chmod(mode)
    assert not is_counted(mine)
    assert load(mine).distrust == f"others may write {folder}"
    assert enable(mine).notices == (f"Others could write {folder}. They no longer can.",)
    assert stat.S_IMODE(folder.stat().st_mode) == mode & ~0o022
    assert is_counted(mine)


def test_only_for_me_counts_no_more_than_a_yes(tmp_path: Path) -> None:
    mine = config_of(tmp_path, '{"metrics": {"enabled": false, "local": true}}')
    assert read_consent(mine).measures
    mine.config_path.chmod(0o666)
    assert not read_consent(mine).measures
    assert any(str(mine.config_path) in line for line in only_for_me(mine).notices)
    assert read_consent(mine).measures


@pytest.mark.parametrize("where", ["file", "folder"])
def test_a_no_counts_whoever_may_have_written_it(tmp_path: Path, where: str) -> None:
    mine = config_of(tmp_path, '{"metrics": {"enabled": false}}')
    (mine.config_path if where == "file" else mine.config_path.parent).chmod(0o777)
    assert load(mine).decision.consent is Consent.DECLINED
    assert not decline(mine).changed


def test_held_for_review_is_kept_when_a_yes_is_given_again(tmp_path: Path) -> None:
    for text in (
        '{"metrics": {"enabled": true, "delivery": "review"}}',
        '{"metrics": {"enabled": false, "delivery": "review"}}',
    ):
        mine = config_of(tmp_path / str(len(text)), text)
        assert enable(mine).decision.delivery is Delivery.REVIEW
        mine.config_path.chmod(0o666)
        assert enable(mine).decision.delivery is Delivery.REVIEW
        assert json.loads(mine.config_path.read_text())["metrics"]["delivery"] == "review"


def test_a_link_s_own_folder_and_the_file_s_are_both_looked_at(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    real = tmp_path / "dotfiles" / "deep" / "shimmy.json"
    between = tmp_path / "links" / "config.json"
    for place in (real.parent, between.parent):
        place.mkdir(parents=True, mode=0o700)
    real.write_text('{"metrics": {"enabled": true}}')
    between.symlink_to(real)
    mine.config_path.symlink_to(between)
    assert is_counted(mine)
    for place in (real.parent, between.parent, mine.config_path.parent):
        place.chmod(0o770)
        assert not is_counted(mine)
        if place != mine.config_path.parent:  # not ours to change: it is said
            with pytest.raises(UserError) as caught:
                enable(mine)
            assert str(caught.value) == (
                f"{place}: others may write it. A yes there would not count. Run: chmod go-w {place}"
            )
            assert stat.S_IMODE(place.stat().st_mode) == 0o770
            place.chmod(0o700)
    enable(mine)
    assert is_counted(mine)
    real.chmod(0o606)
    assert not is_counted(mine)
    assert load(mine).distrust == f"others may write {real}"
    assert enable(mine).notices == (f"Others could write {real}. They no longer can.",)
    assert is_counted(mine)


def test_a_relative_link_leads_from_where_it_lies(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    real = mine.config_path.parent / "dotfiles" / "shimmy.json"
    real.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.parent.chmod(0o700)
    real.write_text('{"metrics": {"enabled": true}}')
    mine.config_path.symlink_to(Path("dotfiles") / "shimmy.json")
    assert is_counted(mine)
    real.parent.chmod(0o770)
    assert not is_counted(mine)
    assert load(mine).distrust == f"others may write {real.parent}"


def test_where_a_link_to_the_config_s_folder_lies_is_looked_at(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    older = tmp_path / "backup" / "shimmy"
    older.mkdir(parents=True, mode=0o700)
    (older / mine.config_path.name).write_text('{"metrics": {"enabled": true}}')
    shared = mine.config_path.parent.parent
    shared.mkdir(parents=True, exist_ok=True)
    shared.chmod(0o700)
    mine.config_path.parent.symlink_to(older)
    assert is_counted(mine)
    shared.chmod(0o777)
    assert not is_counted(mine)
    assert load(mine).distrust == f"others may write {shared}"
    with pytest.raises(UserError, match=f"chmod go-w {shared}"):
        enable(mine)
    shared.chmod(0o700)
    assert is_counted(mine)


def test_where_each_link_to_the_config_s_folder_lies_is_looked_at_and_no_folder_above(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    real, between = tmp_path / "dotfiles" / "shimmy", tmp_path / "links" / "shimmy"
    for folder in (real, between.parent, mine.config_path.parent.parent):
        folder.mkdir(parents=True, mode=0o700)
    (real / mine.config_path.name).write_text('{"metrics": {"enabled": true}}')
    between.symlink_to(real)
    mine.config_path.parent.symlink_to(between)
    real.parent.chmod(0o777)
    assert is_counted(mine)
    between.parent.chmod(0o777)
    assert not is_counted(mine)
    assert load(mine).distrust == f"others may write {between.parent}"
    # As SECURITY says: whoever may write above a folder of ours could move it away, and that is not stopped.
    plain = config_of(tmp_path / "plain", '{"metrics": {"enabled": true}}')
    plain.config_path.parent.parent.chmod(0o777)
    assert is_counted(plain)


def _counted_at_last(mine: Profile) -> bool:
    """Return `is_counted`, tried anew where too many links were met."""
    for _ in range(_LOOKS):
        with contextlib.suppress(UserError):
            return is_counted(mine)
    return is_counted(mine)


def test_the_folder_at_the_end_of_as_many_links_as_can_be_followed_is_looked_at(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    real = tmp_path / "dotfiles" / "shimmy.json"
    real.parent.mkdir(mode=0o700)
    real.write_text('{"metrics": {"enabled": true}}')
    links = [mine.config_path, *(tmp_path / "config" / f"link-{number}" for number in range(60))]
    # Each system follows a number of its own.
    for count, link in enumerate(links):
        link.unlink(missing_ok=True)
        link.symlink_to(real)
        if not any(mine.config_path.exists() for _ in range(_LOOKS)):
            break
        assert _counted_at_last(mine)
        real.parent.chmod(0o770)
        assert not _counted_at_last(mine), f"{count + 1} links"
        real.parent.chmod(0o700)
        link.unlink()
        link.symlink_to(links[count + 1])
    else:
        pytest.fail("there is no end of links")


def test_a_home_directory_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    (tmp_path / "shimmy.json").write_text('{"metrics": {"enabled": true}}')
    mine.config_path.symlink_to(tmp_path / "shimmy.json")
    tmp_path.chmod(0o775)
    assert is_counted(mine)
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    assert not is_counted(mine)


def test_of_a_link_that_leads_to_itself_it_is_said_that_nobody_can_tell(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.symlink_to(mine.config_path)
    assert distrust(mine.config_path) == (
        f"it cannot be told who may write {mine.config_path} (too many levels of symbolic links)"
    )
    with pytest.raises(UserError) as caught:
        keep_others_out(mine.config_path)
    assert str(caught.value) == (
        f"{mine.config_path}: cannot be used: too many levels of symbolic links. Nothing was changed"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EROFS, "Read-only file system"), "read-only file system"),
        (OSError(), "no reason given"),
    ],
)
def test_a_folder_that_cannot_be_closed_to_others_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    mine = config_of(tmp_path / "somebody's home")
    folder = mine.config_path.parent
    folder.chmod(0o777)

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "chmod", refuse)
    with pytest.raises(UserError) as caught:
        enable(mine)
    run = f"chmod go-w {shlex.quote(str(folder))}"
    assert str(caught.value) == f"{folder}: others may write it: {reason}. A yes there would not count. Run: {run}"


def test_where_the_system_gives_no_reason_one_is_given_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = profile(tmp_path).config_path

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(trust, "_flaws", refuse)
    assert distrust(path) == f"it cannot be told who may write {path} (no reason given)"
    with pytest.raises(UserError, match="cannot be used: no reason given"):
        keep_others_out(path)


def test_without_a_file_the_folder_is_looked_at_and_without_both_nothing_is_in_the_way(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert distrust(mine.config_path) == ""
    assert keep_others_out(mine.config_path) == ()
    mine.config_path.parent.mkdir(parents=True)
    mine.config_path.parent.chmod(0o707)
    assert distrust(mine.config_path) == f"others may write {mine.config_path.parent}"


def test_where_there_is_no_home_every_folder_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = config_of(tmp_path)
    mine.config_path.parent.chmod(0o777)
    monkeypatch.setenv("HOME", str(mine.config_path.parent))
    assert distrust(mine.config_path) == ""
    monkeypatch.setenv("HOME", "/nowhere/at/all")
    assert distrust(mine.config_path) == f"others may write {mine.config_path.parent}"


@pytest.mark.parametrize("way", ["way/config.json", "way/./config.json", "way//config.json", "./way/.//config.json"])
def test_a_link_within_the_way_is_seen_however_the_way_is_written(tmp_path: Path, way: str) -> None:
    real, shared, config = tmp_path / "real", tmp_path / "shared", tmp_path / "config.json"
    real.mkdir(0o700)
    (real / "config.json").touch(0o600)
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "way").symlink_to(real)
    os.symlink(f"{shared}/{way}", config)
    assert distrust(config) == f"others may write {shared}"
