"""A withdrawal deletes all that was not delivered, wherever a killed process left it."""

import shutil
from pathlib import Path

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.actions.owed import settle
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened, unread_log
from shimmy_metrics.wording import UNREAD
from support.installed import Home
from support.samples import pending, profile, session


def _killed(root: Path) -> None:
    """Leave a report and a session in the store's log alone, as a process does that is killed."""
    mine = profile(root)
    enable(mine)
    with opened(mine) as db:
        outbox.add(db, pending())
        sessions.begin(db, session())
        shutil.copytree(mine.state_dir, root / "copy")
    shutil.rmtree(mine.state_dir)
    shutil.copytree(root / "copy", mine.state_dir)
    (mine.state_dir / f"session-{session().session_id}.lock").touch()
    assert unread_log(mine)


def _left(root: Path) -> bytes:
    return b"".join(path.name.encode() + path.read_bytes() for path in (root / "state").rglob("*") if path.is_file())


def test_a_no_deletes_what_stands_in_the_store_s_log_alone(tmp_path: Path) -> None:
    _killed(tmp_path)
    deleted = decline(profile(tmp_path)).deleted
    assert (deleted.reports, deleted.requests, deleted.whole) == (1, session().counters.requests, True)
    assert session().session_id.encode() not in _left(tmp_path)


def test_so_does_the_next_look_after_the_config_was_deleted(tmp_path: Path) -> None:
    _killed(tmp_path)
    mine = profile(tmp_path)
    mine.config_path.unlink()
    assert settle(mine).reports == 1
    assert session().session_id.encode() not in _left(tmp_path)
    assert settle(mine).reports == 0


def test_under_a_switch_nothing_is_opened_and_every_command_says_what_was_not_read(tmp_path: Path) -> None:
    _killed(tmp_path)
    before = _left(tmp_path)
    off = Home(tmp_path, {"DO_NOT_TRACK": "1"})
    for action in ("preview", "export", "validate"):
        assert UNREAD in off.metrics(action).stderr
    assert UNREAD in off.metrics("status").stdout
    assert _left(tmp_path) == before
