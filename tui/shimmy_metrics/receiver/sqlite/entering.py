"""Enter the ids of a day among those that were seen, once the day is over.

While a day lasts its own file tells what has arrived: to enter each id at once would double what a commit writes and
syncs. `seen.open_days` has the days whose ids do not all stand among the seen ones; a commit asks each of them. A day
is put there in a commit of its own before it gets its first report, and leaves in the commit that enters its last id.

Several processes may enter one day, and another one store in it meanwhile: who enters leaves a mark that whoever
stores takes away again, and begins anew where its mark has gone.
"""

import secrets
import sqlite3
from contextlib import closing
from datetime import date
from typing import Final

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.segments import PAST_ALL, end_of_piece
from shimmy_metrics.receiver.sqlite.tables import CANARY_BYTES, open_beside_seen, tables_of

_ROWS: Final = 5_000
"""How many ids are entered in one transaction: some 20 milliseconds, in which no report can be taken."""


def begin(connection: sqlite3.Connection, day: str) -> list[str]:
    """Begin to store in `day`, and keep other writers out; return the other days that are to be asked.

    Raise `sqlite3.Error`, perhaps inside the transaction.
    """
    while True:
        connection.execute("BEGIN IMMEDIATE")
        open_days = dict(connection.execute("SELECT day, entering FROM seen.open_days").fetchall())
        if open_days.get(day, b"") is None:
            return [each for each in open_days if each != day]
        connection.execute("INSERT OR REPLACE INTO seen.open_days VALUES (?, NULL)", (day,))
        connection.execute("COMMIT")


class Entering:
    """Enters the ids of `day`, some at a time."""

    def __init__(self, folder: Folder, day: date, rows: int = _ROWS) -> None:
        self._folder = folder
        self._day = day.isoformat()
        self._rows = rows
        self._mark = b""
        self._key = b""

    @property
    def was_open(self) -> bool:
        """Whether there was something to enter."""
        return self._mark != b""

    def advance(self) -> bool:
        """Enter some; return whether none is left. Raise `sqlite3.Error` or `OSError`."""
        with closing(open_beside_seen(self._folder, self._day)) as connection:
            connection.execute("BEGIN")
            done = self._advance(connection)
            connection.execute("COMMIT")
        return done

    def _advance(self, connection: sqlite3.Connection) -> bool:
        # This locks the seen ids, and the day is read behind it: whoever stores in it has to have both.
        own = (secrets.token_bytes(8), self._day)
        update = "UPDATE seen.open_days SET entering = coalesce(entering, ?) WHERE day = ?"
        if connection.execute(update, own).rowcount == 0:
            return True
        (mark,) = connection.execute("SELECT entering FROM seen.open_days WHERE day = ?", (self._day,)).fetchone()
        if mark != self._mark:
            self._mark, self._key = mark, b""
        tables = tables_of(connection)
        last = end_of_piece(connection, tables, self._key, self._rows)
        for table in tables:
            connection.execute(
                f'INSERT OR IGNORE INTO seen.seen SELECT key, "check", ?, 0 FROM main.{table} '
                "WHERE key > ? AND key <= ? AND length(key) < ? ORDER BY key",
                (self._day, self._key, last or PAST_ALL, CANARY_BYTES),
            )
        if last is None:
            connection.execute("DELETE FROM seen.open_days WHERE day = ?", (self._day,))
            return True
        self._key = last
        return False


def enter_all(folder: Folder, day: date) -> None:
    """Enter all ids of a day. Raise `sqlite3.Error` or `OSError`."""
    entering = Entering(folder, day)
    while not entering.advance():
        pass
