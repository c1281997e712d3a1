"""The cluster as it is now: its shards, and the replicas of each that answer."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from shimmy_metrics.receiver.clickhouse import sql
from shimmy_metrics.receiver.clickhouse.address import ClusterAddress
from shimmy_metrics.receiver.clickhouse.server import Server
from shimmy_metrics.receiver.columns import COLUMNS
from shimmy_metrics.receiver.store import StoreError

KEYS: Final = 2**64

_LOOK_SECONDS: Final = 5.0
"""A server that takes longer to say what it is does not answer, though it be connected to."""

T = TypeVar("T")


class Replica(NamedTuple):
    """A server that answers, with its name within its shard."""

    name: str
    server: Server


class Shard(NamedTuple):
    """One of the shards: it gets the keys from `first` to `last`, on `total` replicas, of which some answer.

    What it got while there were fewer shards may have other keys.
    """

    name: str
    first: bytes
    last: bytes
    total: int
    replicas: tuple[Replica, ...]

    @property
    def quorum(self) -> int:
        """How many replicas must have a row before it counts as delivered: more than half."""
        return self.total // 2 + 1


class Layout(NamedTuple):
    """All shards, and a line for each server that cannot be asked."""

    shards: tuple[Shard, ...]
    silent: tuple[str, ...]


class Cluster:
    """Asks the servers of `address`; makes the tables where they are missing."""

    def __init__(self, address: ClusterAddress) -> None:
        self.database = address.database
        self.reports = f"{address.database}.{sql.REPORTS}"
        self.recalled = f"{address.database}.{sql.RECALLED}"
        self._servers = [Server(host, address.user, address.password) for host in address.hosts]
        self._prepared: set[Server] = set()

    def layout(self) -> Layout:
        """Return how the cluster is laid out at this moment.

        The replicas share the list of all of them, so it is known with one alone. Raise `StoreError` where none
        answers, or the servers that were named are not all the replicas that there are.
        """
        found: dict[str, list[Replica]] = {}
        silent: list[str] = []
        for server in self._servers:
            try:
                shard, name = self._identity(server)
            except StoreError as error:
                self._prepared.discard(server)
                silent.append(str(error))
            else:
                found.setdefault(shard, []).append(Replica(name, server))
        if not found:
            raise StoreError("; ".join(silent))
        totals = self._totals(found)
        if sum(totals.values()) != len(self._servers):
            raise StoreError(
                f"--store names {len(self._servers)} servers, and {sum(totals.values())} have its tables"
                + "".join(f"; {each}" for each in silent)
            )
        names = sorted(totals)
        firsts = [KEYS * place // len(names) for place in range(len(names) + 1)]
        return Layout(
            tuple(
                Shard(name, sql.key(first), sql.key(following - 1), totals[name], tuple(found.get(name, ())))
                for name, (first, following) in zip(names, pairwise(firsts), strict=True)
            ),
            tuple(silent),
        )

    def insert(self, shard: Shard, into: str, rows: Sequence[bytes]) -> None:
        """Insert rows on more than half of a shard's replicas. Raise `StoreError`: they may be there or not then."""
        self._write(shard, f"INSERT INTO {into} FORMAT TabSeparated", b"".join(rows))

    def insert_sql(self, shard: Shard, into: str, what: str) -> None:
        """Insert what SQL says, as `insert` does."""
        self._write(shard, f"INSERT INTO {into} {what}")

    def read(self, shard: Shard, question: str) -> list[list[str]]:
        """Return the answer of a replica that has everything that was inserted. Raise `StoreError`."""

        def read(server: Server) -> list[list[str]]:
            if self._lags(server):
                raise StoreError(f"{server.host} does not have everything yet")
            return server.ask(question)

        return self._first(shard, read)

    def alter(self, shard: Shard, statement: str) -> None:
        """Change a table of a shard; replicas that do not answer follow when they return. Raise `StoreError`."""
        self._first(shard, lambda server: server.ask(statement))

    def unfinished(self, shard: Shard) -> bool:
        """Whether an insert still waits for its quorum. Raise `StoreError`."""
        path = f"{sql.zookeeper_folder(self.database)}/{shard.name}/{sql.REPORTS}/quorum"
        return ["status"] in self._first(shard, lambda server: _children(server, path))

    def _write(self, shard: Shard, statement: str, body: bytes = b"") -> None:
        # Without ClickHouse's own deduplication, which remembers a block also where a replica died with the only copy.
        settings = {"insert_deduplicate": "0", "insert_quorum_timeout": "10000"}
        if shard.quorum > 1:
            settings["insert_quorum"] = str(shard.quorum)
        self._first(shard, lambda server: server.ask(statement, settings, body))

    def _first(self, shard: Shard, act: Callable[[Server], T]) -> T:
        """Return what `act` returns for the first replica with which it can be done."""
        failed = StoreError(f"no replica of shard {shard.name} answers")
        for replica in shard.replicas:
            try:
                return act(replica.server)
            except StoreError as error:
                failed = error
        raise failed

    def _lags(self, server: Server) -> bool:
        """Whether a server lacks something that was inserted at another replica of its shard."""
        asked = "SELECT zookeeper_path, log_pointer, inserts_in_queue FROM system.replicas WHERE database = "
        for path, pointer, queued in server.ask(asked + sql.text(self.database)):
            # `system.replicas` has 0 for the newest entry of a log that has none.
            newest = server.ask(f"SELECT max(name) FROM system.zookeeper WHERE path = {sql.text(path + '/log')}")
            if queued != "0" or any(name and int(name.removeprefix("log-")) >= int(pointer) for (name,) in newest):
                return True
        return False

    def _identity(self, server: Server) -> tuple[str, str]:
        """Return the names of the shard and replica that a server is."""
        if server not in self._prepared:
            if server.ask("SELECT 6 * 7", seconds=_LOOK_SECONDS) != [["42"]]:
                raise StoreError(f"{server.host} is no ClickHouse")
            for statement in sql.create(self.database):
                server.ask(statement)
            self._add_new_columns(server)
            self._prepared.add(server)
        asked = "SELECT zookeeper_path, replica_name FROM system.replicas WHERE NOT is_session_expired AND "
        found = server.ask(asked + sql.own(self.database), seconds=_LOOK_SECONDS)
        if not found:
            raise StoreError(f"{server.host} has lost its ZooKeeper")
        path, name = found[0]
        return path.split("/")[-2], name

    def _add_new_columns(self, server: Server) -> None:
        """Give tables that an earlier version made the columns that they lack."""
        asked = f"SELECT name FROM system.columns WHERE {sql.own(self.database)}"
        there = {name for (name,) in server.ask(asked)}
        for column in COLUMNS:
            if column.name not in there:
                server.ask(f"ALTER TABLE {self.reports} ADD COLUMN {sql.column_definition(column)}")

    def _totals(self, found: Mapping[str, Sequence[Replica]]) -> dict[str, int]:
        """Return how many replicas each shard has, whether or not they answer."""
        folder = sql.zookeeper_folder(self.database)
        for replica in [each for replicas in found.values() for each in replicas]:
            with suppress(StoreError):
                shards = [name for (name,) in _children(replica.server, folder)]
                return {
                    name: len(_children(replica.server, f"{folder}/{name}/{sql.REPORTS}/replicas")) for name in shards
                }
        raise StoreError("no server tells which others there are")


def _children(server: Server, path: str) -> list[list[str]]:
    return server.ask(f"SELECT name FROM system.zookeeper WHERE path = {sql.text(path)}")
