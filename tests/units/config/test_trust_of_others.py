"""Files that belong to somebody else: what root and another person may write there, and what counts."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable, only_for_me
from shimmy_metrics.config.file import load
from shimmy_metrics.config.trust import distrust, keep_others_out
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.errors import UserError
from support.planted_config import YES, config_of, is_counted
from support.samples import profile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
THEIRS = 61_235


def test_another_s_file_is_named_and_what_to_do_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = config_of(tmp_path)
    real = tmp_path / "real.json"
    mine.config_path.rename(real)
    mine.config_path.symlink_to(real)
    monkeypatch.setattr(os, "geteuid", lambda: THEIRS)
    assert distrust(mine.config_path).endswith(" belongs to another user")
    with pytest.raises(UserError) as caught:
        keep_others_out(mine.config_path)
    assert caught.value.what == "belongs to another user"
    assert caught.value.remedy == "A yes or Only for me counts only from your own file. Move it away, then answer again"
    # Root may write everywhere as it is, so a folder of root's is nobody's way in; its file is another's all the same.
    for folder in (real.parent, mine.config_path.parent):
        if folder.stat().st_uid == 0:
            assert distrust(mine.config_path) == f"{real} belongs to another user"
            assert caught.value.where == str(real)


@as_root
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_what_belongs_to_another_is_no_yes_and_is_not_enabled(tmp_path: Path, whose: str) -> None:
    mine = config_of(tmp_path)
    os.chown(mine.config_path if whose == "file" else mine.config_path.parent, THEIRS, THEIRS)
    before = mine.config_path.read_bytes()
    assert not is_counted(mine)
    other = mine.config_path if whose == "file" else mine.config_path.parent
    assert load(mine).distrust == f"{other} belongs to another user"
    with pytest.raises(UserError, match="belongs to another user"):
        enable(mine)
    with pytest.raises(UserError, match="belongs to another user"):
        only_for_me(mine)
    assert mine.config_path.read_bytes() == before


@as_root
def test_root_writes_nothing_but_a_no_in_another_s_home_and_it_stays_theirs(tmp_path: Path) -> None:
    mine = config_of(tmp_path, '{"theirs": 1, "metrics": {"enabled": true}}')
    for each in (mine.config_path, mine.config_path.parent, tmp_path):
        os.chown(each, THEIRS, THEIRS)
    assert decline(mine).changed
    written = mine.config_path.stat()
    assert (written.st_uid, written.st_gid, stat.S_IMODE(written.st_mode)) == (THEIRS, THEIRS, 0o600)
    assert json.loads(mine.config_path.read_text())["metrics"]["enabled"] is False
    assert json.loads(mine.config_path.read_text())["theirs"] == 1
    assert [each.name for each in mine.config_path.parent.iterdir()] == ["config.json"]
    mine.config_path.unlink()
    mine.config_path.parent.rmdir()
    os.chown(tmp_path / "config", THEIRS, THEIRS)
    assert decline(mine).changed
    assert {each.stat().st_uid for each in (mine.config_path, mine.config_path.parent)} == {THEIRS}


@as_root
def test_root_follows_no_link_of_another_s_to_what_is_not_theirs(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True)
    valued = tmp_path / "of-root.json"
    valued.write_text('{"metrics": {"enabled": true}}')
    mine.config_path.symlink_to(valued)
    os.chown(mine.config_path.parent, THEIRS, THEIRS)
    decline(mine)
    assert valued.read_text() == '{"metrics": {"enabled": true}}'
    assert not mine.config_path.is_symlink()
    assert load(mine).decision.consent is Consent.DECLINED


@as_root
def test_a_person_s_no_replaces_another_s_file_or_the_link_to_one(tmp_path: Path) -> None:
    for way in ("file", "link"):
        mine = profile(tmp_path / way)
        mine.config_path.parent.mkdir(parents=True, mode=0o700)
        theirs = mine.config_path if way == "file" else tmp_path / "theirs.json"
        theirs.write_text(YES)
        os.chown(theirs, THEIRS, THEIRS)
        if way == "link":
            mine.config_path.symlink_to(theirs)
        assert not is_counted(mine)
        decline(mine)
        assert load(mine).decision.consent is Consent.DECLINED
        assert mine.config_path.lstat().st_uid == (THEIRS if way == "file" else os.geteuid())
        if way == "link":
            assert theirs.read_text() == YES
