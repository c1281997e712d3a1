"""A receiver's folder, and the store in it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.sqlite.store import SqliteStore


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a prepared folder."""
    return prepared(tmp_path / "data")


@pytest.fixture
def store(folder: Folder) -> Iterator[SqliteStore]:
    """Yield the open store of a disk that has room."""
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as made:
        yield made
