"""A receiver's folder with the days of a week, and what is dropped of them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.retain import retain
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.stored import MONDAY, row

CLOSED: Final = MONDAY + timedelta(days=8)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = prepared(tmp_path / "data")
    load_keys(made, MONDAY)
    return made


@pytest.fixture
def store(folder: Folder) -> Iterator[SqliteStore]:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as made:
        yield made


def filled(store: SqliteStore, days: int = 9) -> None:
    for each in range(days):
        day = MONDAY + timedelta(days=each)
        store.append(day, [row(day=day), row(day=day)])
    store.close()


def at(day: date, *, hour: int = 3) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def retained(store: SqliteStore, folder: Folder, day: date) -> list[date]:
    done = retain(store, folder, at(day))
    assert done.failed == ()
    return list(done.dropped)
