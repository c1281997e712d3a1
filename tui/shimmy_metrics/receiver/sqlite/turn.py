"""One process at a time: two receivers may share a folder."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shimmy_metrics.receiver.sqlite.errors import store_errors
from shimmy_metrics.receiver.sqlite.tables import connect


@contextmanager
def turn(lock: Path) -> Iterator[None]:
    """Wait until no other process or thread is within such a block. Raise `StoreError` where that takes too long.

    `lock` is the database that is locked: of two processes one always has it, and a dead one never.
    """
    with store_errors():
        connection = connect(lock, new=True)
    with closing(connection):
        with store_errors():
            connection.execute("BEGIN EXCLUSIVE")
        yield
