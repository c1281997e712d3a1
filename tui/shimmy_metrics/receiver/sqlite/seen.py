"""The ids that were seen are forgotten when no sender can have them any more."""

from contextlib import closing
from datetime import date
from typing import Final

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.errors import store_errors
from shimmy_metrics.receiver.sqlite.tables import connect

SEEN_DAYS: Final = 16
"""A sender keeps a report for 14 days; its id is known for two more."""

_AT_ONCE: Final = 10_000
"""How many keys are looked through in one transaction: some 10 milliseconds, in which no report can be taken."""


def delete_before(folder: Folder, day: date, at_once: int = _AT_ONCE) -> None:
    """Forget the ids that arrived, or were recalled, before `day`. Raise `StoreError`."""
    if not folder.seen.exists():
        return
    with store_errors(), closing(connect(folder.seen)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'seen'").fetchone():
            return
        last = b""
        while True:
            following = "SELECT key FROM seen WHERE key > ? ORDER BY key LIMIT ?"
            (end,) = connection.execute(f"SELECT max(key) FROM ({following})", (last, at_once)).fetchone()
            if end is None:
                break
            connection.execute("DELETE FROM seen WHERE key > ? AND key <= ? AND day < ?", (last, end, day.isoformat()))
            last = end
