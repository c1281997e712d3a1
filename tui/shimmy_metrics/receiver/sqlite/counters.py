"""How often each rule was broken: a number for each rule, and nothing of what broke it."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.tables import connect

_TABLE = "CREATE TABLE IF NOT EXISTS counters (rule TEXT PRIMARY KEY, times INTEGER NOT NULL)"


class Counters:
    """Counts in memory; `save` adds that to the file. Several processes may have the same file."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._unsaved: Counter[str] = Counter()

    def count(self, rules: Iterable[str]) -> None:
        """Count each of these rules once."""
        with self._lock:
            self._unsaved.update(rules)

    def save(self) -> None:
        """Add what was counted to the file; where that cannot be done now, with the next."""
        with self._lock:
            counted, self._unsaved = self._unsaved, Counter()
        if not counted:
            return
        try:
            with closing(connect(self._folder.counters, new=True)) as file:
                file.execute("BEGIN IMMEDIATE")
                file.execute(_TABLE)
                file.executemany(
                    "INSERT INTO counters VALUES (?, ?) "
                    "ON CONFLICT (rule) DO UPDATE SET times = times + excluded.times",
                    counted.items(),
                )
                file.execute("COMMIT")
        except (sqlite3.Error, OSError):
            self.count(counted.elements())


def saved_counts(folder: Folder) -> dict[str, int]:
    """Return how often each rule was broken, the most frequent first; none where nothing can be read."""
    if not folder.counters.exists():
        return {}
    with suppress(sqlite3.Error, OSError), closing(connect(folder.counters)) as file:
        return dict(file.execute("SELECT rule, times FROM counters ORDER BY times DESC, rule").fetchall())
    return {}
