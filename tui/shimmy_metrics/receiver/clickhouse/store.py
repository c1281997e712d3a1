"""`Store` in a cluster: what is taken is durable in the folder, as without one, and delivered from there."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from shimmy_metrics.receiver.clickhouse import sql
from shimmy_metrics.receiver.clickhouse.cluster import KEYS, Cluster, Layout, Shard
from shimmy_metrics.receiver.clickhouse.server import Server
from shimmy_metrics.receiver.columns import day_of
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.sqlite.turn import turn
from shimmy_metrics.receiver.store import CLOSES_AFTER, Health, Operation, Outcome, StoreError, Value

_CHUNK: Final = 50_000
"""About how many reports are read at once."""

_ASKED_AT_ONCE: Final = 5_000
"""For how many keys is asked at once: ClickHouse takes questions of 256 KB."""

_WEEK: Final = timedelta(days=7)

_GONE_SECONDS: Final = 30.0
"""How long a replica may take until a dropped day's files are gone."""

_LOOK_SECONDS: Final = 0.2


class ClusterStore:
    """The store in `cluster`, with `folder` before it. Who calls what is as with `SqliteStore`."""

    def __init__(self, folder: Folder, cluster: Cluster) -> None:
        self._folder = folder
        self._cluster = cluster
        self._before = SqliteStore(folder)

    def check(self) -> None:
        """As `SqliteStore.check`."""
        self._before.check()

    def append(self, day: date, operations: Sequence[Operation]) -> list[Outcome]:
        """Do all of it durably, as arrived on `day` (UTC), and return the outcomes in order. Raise `StoreError`."""
        return self._before.append(day, operations)

    def settle(self, *, quiet: bool = True) -> None:
        """As `SqliteStore.settle`."""
        self._before.settle(quiet=quiet)

    def close(self) -> None:
        """Close the folder's files. Raise `StoreError`."""
        self._before.close()

    def aggregate(self, week: date) -> Iterator[tuple[date, bool, tuple[Value, ...]]]:
        """Yield what the week that begins on Monday `week` holds: day, whether it arrived late, values.

        Raise `StoreError` where a shard cannot be read.
        """
        shards = self._cluster.layout().shards
        known = {sql.number(key) for key in spool.recalled(self._folder)}
        for arrived, each in self._only_here(shards):
            known.add(sql.number(each.key))  # it may be delivered meanwhile
            if week <= day_of(each.values) < week + _WEEK:
                yield day_of(each.values), arrived > week + CLOSES_AFTER, each.values
        inside = f"day BETWEEN '{week}' AND '{week + timedelta(days=6)}' AND arrived >= '{week - timedelta(days=1)}'"
        for shard in shards:
            for first, last in self._ranges(shard, len(shards)):
                asked = (
                    f"SELECT key, arrived, {sql.NAMES} FROM {self._cluster.reports} FINAL "
                    f"WHERE key BETWEEN {first} AND {last} AND canary = '' AND {inside} "
                    f"AND key NOT IN (SELECT key FROM {self._cluster.recalled})"
                )
                for key, arrived_on, *cells in self._cluster.read(shard, asked):
                    if int(key) not in known:
                        values = sql.report_values(cells)
                        yield day_of(values), date.fromisoformat(arrived_on) > week + CLOSES_AFTER, values

    def drop_day(self, day: date) -> bytes:
        """Drop everything that arrived on `day`, verify on every replica that it is gone, return its canary's 16 bytes.

        Raise `StoreError` where nothing of that day is held, or a replica has it still or does not answer: the folder's
        own file stays then, so that this is tried again.
        """
        with turn(self._folder.drain_turn):
            layout = self._cluster.layout()
            canary = self._canary(layout, day)
            failed = list(layout.silent)
            for shard in layout.shards:
                try:
                    self._drop(shard, day)
                except StoreError as error:
                    failed.append(str(error))
            failed += [] if failed else self._still(layout, day)
            if failed:
                raise StoreError("; ".join(failed))
            if not self._folder.day(day).exists():
                if not canary:
                    raise StoreError(f"nothing that arrived on {day} is held")
                return canary
            return self._before.drop_day(day)

    def find_canary(self, canary: bytes) -> list[str]:
        """Return the files of the folder, and the tables and left parts of replicas, that still hold these bytes.

        Raise `StoreError` where a place cannot be searched.
        """
        found = self._before.find_canary(canary)
        layout = self._cluster.layout()
        if layout.silent:
            raise StoreError("; ".join(layout.silent))
        for shard in layout.shards:
            for replica in shard.replicas:
                found += [f"{replica.server.host}, {place}" for place in self._places(replica.server, canary)]
        return found

    def health(self) -> Health:
        """Return whether reports can be taken, and what is held here and in the cluster."""
        before = self._before.health()
        reports = dict(before.reports)
        waiting = sum(reports.values())
        troubles: list[str] = []
        shards: Sequence[Shard] = ()
        try:
            shards, silent_servers = self._cluster.layout()
            troubles += silent_servers
        except StoreError as error:
            troubles.append(str(error))
        asked = f"SELECT arrived, countIf(canary = '') FROM {self._cluster.reports} FINAL GROUP BY arrived"
        for shard in shards:
            try:
                counted = self._cluster.read(shard, asked)
            except StoreError as error:
                troubles.append(str(error))
                continue
            for arrived, number in counted:
                day = date.fromisoformat(arrived)
                reports[day] = reports.get(day, 0) + int(number)
        reason = before.reason
        silent = tuple(dict.fromkeys(troubles))
        if silent and not reason:
            wait = "1 report waits" if waiting == 1 else f"{waiting:,} reports wait"
            reason = f"{'; '.join(silent)}; {wait} here for the cluster"
        return replace(before, reason=reason, reports=dict(sorted(reports.items())), silent=silent)

    def _only_here(self, shards: Sequence[Shard]) -> Iterator[tuple[date, spool.Waiting]]:
        """Yield what waits in the folder and is not in the cluster, with its day of arrival."""
        for day in self._folder.arrival_days():
            after = b""
            while some := spool.waiting(self._folder, day, after, sql.key(KEYS - 1), _ASKED_AT_ONCE):
                keys = ", ".join(str(sql.number(each.key)) for each in some)
                asked = f"SELECT key FROM {self._cluster.reports} WHERE canary = '' AND key IN ({keys})"
                there = {int(key) for shard in shards for (key,) in self._cluster.read(shard, asked)}
                yield from ((day, each) for each in some if sql.number(each.key) not in there)
                after = some[-1].key + b"\0"

    def _ranges(self, shard: Shard, shards: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of keys in which a shard has about so many reports as can be read at once.

        All keys, since some may be of a time with fewer shards; most are in its own part of them.
        """
        ((rows,),) = self._cluster.read(shard, f"SELECT count() FROM {self._cluster.reports}")
        pieces = int(rows) * shards // _CHUNK + 1
        bounds = [KEYS * each // pieces for each in range(pieces + 1)]
        for first, following in pairwise(bounds):
            yield first, following - 1

    def _canary(self, layout: Layout, day: date) -> bytes:
        """Return a canary of the day that a replica holds; empty where none does."""
        asked = f"SELECT hex(canary) FROM {self._cluster.reports} WHERE arrived = '{day}' AND canary != '' LIMIT 1"
        for replica in [each for shard in layout.shards for each in shard.replicas]:
            for (found,) in replica.server.ask(asked):
                return bytes.fromhex(found)
        return b""

    def _drop(self, shard: Shard, day: date) -> None:
        if self._cluster.unfinished(shard):
            # Were the part gone for which a quorum is waited for, nothing could be inserted ever after.
            raise StoreError(f"shard {shard.name} waits for a replica to have what was inserted last")
        self._cluster.alter(shard, f"ALTER TABLE {self._cluster.reports} DROP PARTITION '{day}'")

    def _still(self, layout: Layout, day: date) -> list[str]:
        """Return a line for each replica that does not lose its files of a day in time."""
        until = time.monotonic() + _GONE_SECONDS
        asked = f"SELECT count() FROM system.parts WHERE {sql.own(self._cluster.database)} AND partition = '{day}'"
        servers = [replica.server for shard in layout.shards for replica in shard.replicas]
        while servers := [each for each in servers if each.ask(asked) != [["0"]]]:
            if time.monotonic() > until:
                break
            time.sleep(_LOOK_SECONDS)
        return [f"{each.host} still has what arrived on {day}" for each in servers]

    def _places(self, server: Server, canary: bytes) -> Iterator[str]:
        """Yield the tables of a server that hold a canary, whatever they are called, and parts of days that went."""
        for database, table in server.ask("SELECT database, table FROM system.columns WHERE name = 'canary'"):
            if server.ask(f"SELECT count() FROM {database}.{table} WHERE {sql.is_canary(canary)}") != [["0"]]:
                yield f"{database}.{table}"
        own = sql.own(self._cluster.database)
        held = f"SELECT partition FROM system.parts WHERE {own} AND active"
        for (part,) in server.ask(f"SELECT name FROM system.parts WHERE {own} AND partition NOT IN ({held})"):
            yield f"part {part}"
        if server.ask("EXISTS TABLE system.detached_parts") == [["1"]]:
            for (part,) in server.ask(f"SELECT name FROM system.detached_parts WHERE {own}"):
                yield f"detached part {part}"
