"""The ids that were seen are forgotten when no sender can have them any more."""

import sqlite3
from contextlib import closing
from datetime import date
from typing import Final

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.errors import is_damaged, store_errors
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


def damaged_seen(folder: Folder) -> str:
    """Return what it means that the file of the seen ids is damaged, and what helps; empty where it is not."""
    if not folder.seen.exists():
        return ""
    try:
        with closing(connect(folder.seen)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        if not is_damaged(error):
            return ""  # another process at work, or a full disk: that shows elsewhere
        move = f"move away what begins with {folder.seen.name}"
        return (
            f"{folder.seen} cannot be read: {error}. No report is taken. Put it back from a copy; or stop the "
            f"receiver, {move}, and start it again: what came before may then come twice"
        )
    return ""
