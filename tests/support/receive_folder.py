"""The folder of a receiver, filled as days go by, and the actions of its operator."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.installed import Home
from support.samples import sealed
from support.stored import row
from support.whole_day import today

__all__ = ["act", "filled", "folder", "home", "report", "today"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def folder(home: Home, today: date) -> Folder:
    made = prepared(home.root / "data")
    load_keys(made, today)
    return made


def act(home: Home, action: str, *words: str, code: int = 0) -> str:
    done = home.run("receive", action, *words, "--data", str(home.root / "data"), command="shimmy-metrics")
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def filled(folder: Folder, today: date, ages: range, *, reports: int = 3) -> None:
    """Store reports that arrived so many days before today, and are of those days."""
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        for age in ages:
            day = today - timedelta(days=age)
            store.append(day, [row(day=day, daily_active_usage=True) for _ in range(reports)])


def report() -> bytes:
    return sealed(str(uuid4()), moment=datetime.now(UTC)).body
