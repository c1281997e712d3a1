"""From the day files to the cluster. A report leaves its file once more than half of its shard's replicas have it.

Each insert is a part of its own on a server's disk, perhaps for good: what came together must not stand there alone. So
a part is a thousand reports or more, drawn from twice as many, or the rest of a day that is over.

Whatever is cut short is done again: a row that arrives twice counts once, since its key is the table's. What was
recalled is told to the cluster before anything else, and looked for after each delivery, so that no receiver brings
back what was recalled at another. It is dropped there after as many days as the folder.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from shimmy_metrics.receiver.clickhouse import sql
from shimmy_metrics.receiver.clickhouse.cluster import Cluster, Shard
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.seen import SEEN_DAYS
from shimmy_metrics.receiver.sqlite.turn import turn
from shimmy_metrics.receiver.store import StoreError

LEAST: Final = 1_000
"""How many reports make a part while their day lasts; so many stay behind to be mixed with the next."""

MOST: Final = 20_000
"""How many make one at most."""

_ENDS_LATER: Final = timedelta(minutes=10)
"""How long after midnight UTC a day is over: what arrived before may be written a little later."""

_DELETED_AT_ONCE: Final = 1_000


class Drain:
    """Delivers what waits in `folder`. Several processes may do so: they take turns."""

    def __init__(self, folder: Folder, cluster: Cluster) -> None:
        self._folder = folder
        self._cluster = cluster
        self._told: set[bytes] = set()
        self._clean = False
        self._recalls_dropped: date | None = None
        """The day (UTC) on which this process last dropped old recalls."""
        self._draw = random.SystemRandom()

    def run(self, now: datetime, *, everything: bool = False) -> None:
        """Deliver what is due at `now` (an aware time), or everything.

        Raise `StoreError` where that is not all of it; the rest was delivered then.
        """
        today = (now.astimezone(UTC) - _ENDS_LATER).date()
        behind = {day: 0 if everything or day < today else LEAST for day in self._folder.arrival_days()}
        due = {day: kept for day, kept in behind.items() if spool.waits(self._folder, day, 2 * kept or 1)}
        recalled = spool.recalled(self._folder)
        utc_day = now.astimezone(UTC).date()
        drops = self._recalls_dropped != utc_day
        if self._clean and not due and recalled.keys() <= self._told and not drops:
            return
        failed: list[str] = []
        clean = True
        with turn(self._folder.drain_turn):
            for shard in self._cluster.layout().shards:
                try:
                    self._tell_recalls(shard, recalled)
                    for day, kept in due.items():
                        self._deliver(shard, day, kept)
                    clean = self._delete_recalled(shard) and clean
                    if drops:
                        self._drop_old_recalls(shard, utc_day - timedelta(days=SEEN_DAYS))
                except StoreError as error:
                    failed.append(str(error))
        if failed:
            raise StoreError("; ".join(failed))
        self._told = set(recalled)
        self._clean = clean
        self._recalls_dropped = utc_day

    def _tell_recalls(self, shard: Shard, recalled: Mapping[bytes, date]) -> None:
        if recalled.keys() <= self._told:
            return
        there = {int(key) for (key,) in self._cluster.read(shard, f"SELECT key FROM {self._cluster.recalled}")}
        new = [key for key in sorted(recalled) if sql.number(key) not in there]
        if new:
            rows = [sql.recalled_row(recalled[key], key) for key in new]
            self._cluster.insert(shard, f"{self._cluster.recalled} (day, key)", rows)
        self._clean = False

    def _drop_old_recalls(self, shard: Shard, before: date) -> None:
        """Drop what was recalled before a day: no sender can have it any more."""
        asked = f"SELECT DISTINCT toString(day) FROM {self._cluster.recalled} WHERE day < '{before}'"
        for (old,) in self._cluster.read(shard, asked):
            self._cluster.alter(shard, f"ALTER TABLE {self._cluster.recalled} DROP PARTITION '{old}'")

    def _deliver(self, shard: Shard, day: date, kept: int) -> None:
        for number, some in enumerate(self._parts(shard, day, kept)):
            self._clean = False
            if number == 0:  # to find the day's canary its reports are read
                self._ensure_canary(shard, day)
            rows = [sql.report_row(day, each.key, each.values) for each in some]
            self._cluster.insert(shard, f"{self._cluster.reports} (arrived, key, {sql.NAMES})", rows)
            spool.remove_delivered(self._folder, day, [each.key for each in some])

    def _parts(self, shard: Shard, day: date, kept: int) -> Iterator[list[spool.Waiting]]:
        """Yield what is to be delivered together, until no more than `kept` reports stay behind, or too few to part."""
        while True:
            some = spool.waiting(self._folder, day, shard.first, shard.last, MOST + kept)
            if len(some) < (2 * kept or 1):
                return
            yield sorted(self._draw.sample(some, len(some) - kept))

    def _ensure_canary(self, shard: Shard, day: date) -> None:
        """Let each shard have the day's canary before it has a report of that day."""
        canary = spool.day_canary(self._folder, day)
        if canary is None:
            return
        row = sql.canary_row(day, canary)
        asked = f"SELECT count() FROM {self._cluster.reports} WHERE {sql.is_canary(canary)} AND arrived = '{day}'"
        if self._cluster.read(shard, asked) == [["0"]]:
            self._cluster.insert_sql(shard, f"{self._cluster.reports} (arrived, key, canary)", f"VALUES {row}")

    def _delete_recalled(self, shard: Shard) -> bool:
        """Delete reports that were recalled; return whether none is left."""
        reports = self._cluster.reports
        found = self._cluster.read(
            shard,
            f"SELECT key, arrived FROM {reports} WHERE canary = '' "
            f"AND key IN (SELECT key FROM {self._cluster.recalled}) LIMIT {_DELETED_AT_ONCE}",
        )
        if not found:
            return True
        under_way = f"SELECT count() FROM system.mutations WHERE {sql.own(self._cluster.database)} AND NOT is_done"
        if self._cluster.read(shard, under_way) == [["0"]]:
            keys = ", ".join(key for key, _ in found)
            self._cluster.alter(shard, f"ALTER TABLE {reports} DELETE WHERE key IN ({keys})")
        for day in sorted({arrived for _, arrived in found}):
            # ClickHouse lets the last part of a day be that was inserted with a quorum: so another one becomes it.
            columns = "arrived, key, canary"
            again = f"SELECT {columns} FROM {reports} WHERE arrived = '{day}' AND canary != '' LIMIT 1"
            self._cluster.insert_sql(shard, f"{reports} ({columns})", again)
        return False
