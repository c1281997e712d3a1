"""What `receive retain` and `receive status` say of what was done, and of what was not."""

import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.run import _SAVE_SECONDS
from shimmy_metrics.receiver.sqlite.counters import Counters
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.installed import Home
from support.stored import row

OLD = datetime.now(UTC).date() - timedelta(days=20)


def _holding_an_old_day(tmp_path: Path) -> Folder:
    folder = prepared(tmp_path / "data")
    load_keys(folder, OLD)
    with closing(SqliteStore(folder)) as store:
        store.append(OLD, [row(day=OLD)])
    return folder


def test_of_a_day_that_was_dropped_nothing_is_said_to_be_not_done(tmp_path: Path) -> None:
    folder = _holding_an_old_day(tmp_path)
    copy = folder.path / "copy"
    shutil.copy(folder.day(OLD), copy)
    (folder.keys / "hashing").unlink()
    told = Home(tmp_path).run("receive", "retain", "--data", str(folder.path), command="shimmy-metrics")
    dropped, waited, left = told.stdout.splitlines()
    assert dropped == f"Dropped: what arrived on {OLD}."
    assert waited.startswith(f"Needs you: what arrived on {OLD} could wait no longer: {folder.keys / 'hashing'}: ")
    assert left == f"Needs you: {OLD} was dropped, and something of it is still in {copy}."
    assert told.returncode == 1


def test_status_leaves_what_is_left_of_dropped_days_to_verify_retention(tmp_path: Path) -> None:
    folder = _holding_an_old_day(tmp_path)
    shutil.copy(folder.day(OLD), folder.path / "copy")

    def code(action: str) -> int:
        home = Home(tmp_path)
        return home.run("receive", action, "--data", str(folder.path), command="shimmy-metrics").returncode

    assert [code(action) for action in ("retain", "status", "verify-retention")] == [1, 0, 1]
    told = Home(tmp_path).run("receive", "--help", command="shimmy-metrics")
    assert "for what is left of dropped days see verify-retention" in " ".join(told.stdout.split())


def test_the_help_of_status_says_how_old_its_refusals_are(tmp_path: Path) -> None:
    told = Home(tmp_path).run("receive", "--help", command="shimmy-metrics")
    assert f"what was refused until {_SAVE_SECONDS:.0f} s ago and by which rule" in " ".join(told.stdout.split())


def test_what_failed_is_not_said_to_be_refused(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    counters = Counters(folder)
    counters.count(["retention failed"])
    counters.save()
    told = Home(tmp_path).run("receive", "status", "--data", str(folder.path), command="shimmy-metrics")
    assert told.stdout.splitlines()[-2:] == ["Refused or failed, and how often:", "  retention failed           1"]
