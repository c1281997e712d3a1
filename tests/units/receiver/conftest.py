"""A receiver's folder, the store in it, and a receiver that listens."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.rate import Rate
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.receiving import Receiving
from support.samples import today


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a prepared folder."""
    return prepared(tmp_path / "data")


@pytest.fixture
def store(folder: Folder) -> Iterator[SqliteStore]:
    """Yield the open store of a disk that has room."""
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiving]:
    """Yield a running receiver that lets everybody ask as often as they like."""
    with Receiving(today=today, rate=_Unlimited()) as made:
        yield made


class _Unlimited(Rate):
    def wait_seconds(self, address: object) -> int:
        del address
        return 0
