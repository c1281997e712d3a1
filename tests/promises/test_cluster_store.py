"""The store in a cluster: each verb, what several receivers do to one another, and what is cut short."""

import os
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from shimmy_metrics.receiver.clickhouse.address import parse
from shimmy_metrics.receiver.clickhouse.cluster import Cluster
from shimmy_metrics.receiver.clickhouse.drain import LEAST, Drain
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome, Recall, StoredRow, StoreError
from support.clickhouse import Nodes, cluster_store, deliver
from support.installed import LONGEST, wait_until
from support.stored import DAY, MONDAY, row

pytestmark = pytest.mark.thorough


def test_a_day_is_delivered_aggregated_and_dropped(nodes: Nodes, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    with closing(cluster_store(folder, nodes.store("whole"))) as store:
        rows = [row(total_tokens_generated=7_000) for _ in range(50)]
        store.append(DAY, rows)
        deliver(folder, nodes.store("whole"))
        assert sorted(map(repr, store.aggregate(MONDAY))) == sorted(repr((DAY, False, each.values)) for each in rows)
        assert store.health().reports == {DAY: 50}
        assert SqliteStore(folder).health().reports == {DAY: 0}
        stored = rows[0].key[::-1]  # as ClickHouse writes a number
        assert {each.shard for each in nodes.all if each.holds(stored)} in ({"1"}, {"2"})
        assert set(store.append(DAY, rows)) == {Outcome.DUPLICATE}
        store.append(DAY, [Recall(rows[0].key)])
        assert sum(1 for _ in store.aggregate(MONDAY)) == 49
        deliver(folder, nodes.store("whole"))
        canary = store.drop_day(DAY)
        assert store.health().reports == {}
        assert store.find_canary(canary) == []
        assert [path for each in nodes.all for path in each.holds(canary)] == []


def test_what_was_recalled_is_forgotten_after_sixteen_days_though_nothing_arrives(nodes: Nodes, tmp_path: Path) -> None:
    folder, address = prepared(tmp_path / "data"), nodes.store("forgotten")
    recalled, noon = row(), datetime.combine(DAY, time(12), UTC)
    with closing(cluster_store(folder, address)) as store:
        store.append(DAY, [recalled])
        store.append(DAY, [Recall(recalled.key)])

    def known() -> set[str]:
        return {each.ask("SELECT count() FROM forgotten.recalled") for each in nodes.all}

    drain = Drain(folder, Cluster(parse(address)))
    drain.run(noon)
    drain.run(noon + timedelta(days=16))
    assert wait_until(lambda: known() == {"1"}, LONGEST)
    drain.run(noon + timedelta(days=17))
    assert wait_until(lambda: known() == {"0"}, LONGEST)


def test_what_is_left_of_a_dropped_day_on_a_replica_is_found_whatever_its_table_is_called(
    nodes: Nodes, tmp_path: Path
) -> None:
    folder = prepared(tmp_path / "data")
    with closing(cluster_store(folder, nodes.store("copied"))) as store:
        store.append(DAY, [row() for _ in range(50)])  # each shard gets some
        deliver(folder, nodes.store("copied"))
        copying = nodes.all[2]
        copying.ask("CREATE TABLE default.forgotten ENGINE = Log AS SELECT * FROM copied.reports")
        canary = store.drop_day(DAY)
        assert store.find_canary(canary) == [f"127.0.0.1:{copying.port}, default.forgotten"]
        copying.ask("DROP TABLE default.forgotten")
        assert store.find_canary(canary) == []
        copying.freeze()
        with pytest.raises(StoreError, match=f"127.0.0.1:{copying.port} does not answer"):
            store.find_canary(canary)
        copying.thaw()


def test_each_receiver_of_a_cluster_drops_a_day_and_gives_its_own_canary(nodes: Nodes, tmp_path: Path) -> None:
    address, folders = nodes.store("each"), [prepared(tmp_path / name) for name in ("one", "other")]
    canaries = []
    for folder in folders:
        with closing(cluster_store(folder, address)) as store:
            store.append(DAY, [row()])
            deliver(folder, address)
    for folder in folders:
        with closing(cluster_store(folder, address)) as store:
            assert DAY in store.health().reports
            canaries.append(store.drop_day(DAY))
            assert store.find_canary(canaries[-1]) == []
            assert [path for each in nodes.all for path in each.holds(canaries[-1])] == []
            with pytest.raises(StoreError, match="nothing that arrived on 2026-11-25 is held"):
                store.drop_day(DAY)
    assert len(set(canaries)) == 2


def test_what_was_recalled_at_one_receiver_is_brought_back_by_no_other(nodes: Nodes, tmp_path: Path) -> None:
    address, rows = nodes.store("recalled"), [row() for _ in range(20)]
    one, other = (prepared(tmp_path / name) for name in ("one", "other"))
    with closing(cluster_store(one, address)) as first, closing(cluster_store(other, address)) as second:
        first.append(DAY, rows)
        deliver(one, address)
        assert sum(1 for _ in first.aggregate(MONDAY)) == 20
        delivered, unsent = rows[0], row()
        assert first.append(DAY, [Recall(delivered.key), Recall(unsent.key)]) == [Outcome.RECALLED] * 2
        assert sum(1 for _ in first.aggregate(MONDAY)) == 19
        deliver(one, address)
        second.append(DAY, [delivered, unsent, rows[1]])
        deliver(other, address)
        assert sum(1 for _ in second.aggregate(MONDAY)) == 19

        def gone() -> bool:
            deliver(other, address)
            return not any(each.holds_report(gone.key) for each in nodes.all for gone in (delivered, unsent))

        assert wait_until(gone, LONGEST)
        assert any(each.holds_report(rows[1].key) for each in nodes.all)
        assert second.health().reports == {DAY: 19}


def test_what_was_cut_short_is_delivered_again_and_counts_once(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = prepared(tmp_path / "data"), nodes.store("again")

    def killed(*_: object) -> None:
        raise StoreError("killed")

    with closing(cluster_store(folder, address)) as store:
        store.append(DAY, [row() for _ in range(30)])
        with monkeypatch.context() as patch:
            patch.setattr(spool, "remove_delivered", killed)
            for _ in range(2):
                with pytest.raises(StoreError, match="killed; killed"):
                    deliver(folder, address)
        assert SqliteStore(folder).health().reports == {DAY: 30}
        store.append(DAY, [row() for _ in range(5)])
        assert sum(1 for _ in store.aggregate(MONDAY)) == 35
        deliver(folder, address)
        assert sum(1 for _ in store.aggregate(MONDAY)) == 35
        assert store.health().reports == {DAY: 35}


def test_a_shard_that_is_added_later_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    folder, rows = prepared(tmp_path / "data"), [row() for _ in range(30)]
    with closing(cluster_store(folder, nodes.store("grown", 2))) as small:
        small.append(DAY, rows)
        deliver(folder, nodes.store("grown", 2))
    with closing(cluster_store(folder, nodes.store("grown"))) as grown:
        grown.append(DAY, [row() for _ in range(30)])
        deliver(folder, nodes.store("grown"))
        assert sum(1 for _ in grown.aggregate(MONDAY)) == 60
        assert all(each.ask("SELECT count() FROM grown.reports") != "0" for each in nodes.all)
        grown.append(DAY, [Recall(each.key) for each in rows[:10]])
        assert sum(1 for _ in grown.aggregate(MONDAY)) == 50

        def deleted() -> bool:
            deliver(folder, nodes.store("grown"))
            return grown.health().reports == {DAY: 50}

        assert wait_until(deleted, LONGEST)
    with closing(cluster_store(folder, nodes.store("grown", 3))) as forgetful:
        with pytest.raises(StoreError, match="--store names 3 servers, and 4 have its tables"):
            next(forgetful.aggregate(MONDAY))
        with pytest.raises(StoreError, match="--store names 3 servers, and 4 have its tables"):
            forgetful.drop_day(DAY)


def test_what_one_took_before_a_shard_was_added_and_another_takes_afterwards_counts_twice(
    nodes: Nodes, tmp_path: Path
) -> None:
    before, after = (prepared(tmp_path / name) for name in ("before", "after"))
    rows = [row() for _ in range(30)]
    with closing(cluster_store(before, nodes.store("wider", 2))) as small:
        small.append(DAY, rows)
        deliver(before, nodes.store("wider", 2))
    with closing(cluster_store(before, nodes.store("wider"))) as same:
        same.append(DAY, rows)
        assert sum(1 for _ in same.aggregate(MONDAY)) == 30
    with closing(cluster_store(after, nodes.store("wider"))) as other:
        other.append(DAY, rows)
        deliver(after, nodes.store("wider"))
        assert 30 < sum(1 for _ in other.aggregate(MONDAY)) < 60  # the keys that were moved to the new shard


def test_the_first_arrival_of_a_report_is_the_one_that_counts(nodes: Nodes, tmp_path: Path) -> None:
    address, report = nodes.store("first"), row()
    late = MONDAY + timedelta(days=15)
    one, other = (prepared(tmp_path / name) for name in ("one", "other"))
    with closing(cluster_store(other, address)) as second:
        second.append(late, [report])
        assert [was_late for _, was_late, _ in second.aggregate(MONDAY)] == [True]
        with closing(cluster_store(one, address)) as first:
            first.append(DAY, [report])
        deliver(one, address)
        assert [was_late for _, was_late, _ in second.aggregate(MONDAY)] == [False]
        deliver(other, address)
        assert [was_late for _, was_late, _ in second.aggregate(MONDAY)] == [False]
        assert second.health().reports == {DAY: 1, late: 0}


def test_what_is_delivered_while_a_week_is_added_up_counts_once(nodes: Nodes, tmp_path: Path) -> None:
    folder, address = prepared(tmp_path / "data"), nodes.store("meanwhile")
    with closing(cluster_store(folder, address)) as store:
        store.append(DAY, [row() for _ in range(30)])
        found = store.aggregate(MONDAY)
        next(found)
        deliver(folder, address)
        assert sum(1 for _ in found) == 29


def test_no_part_of_a_day_that_lasts_is_so_small_that_what_came_together_stands_out(
    nodes: Nodes, tmp_path: Path
) -> None:
    folder, address = prepared(tmp_path / "data"), nodes.store("mixed")
    drain = Drain(folder, Cluster(parse(address)))
    morning = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC)
    array = [row() for _ in range(32)]

    def parts() -> dict[str, int]:
        """Return how many rows each part has, by its server and name, but for those of canaries alone."""
        asked = "SELECT name, rows FROM system.parts WHERE database = 'mixed' AND table = 'reports' AND rows > 1"
        told = [(each, line.split()) for each in nodes.all for line in each.ask(asked).splitlines()]
        return {f"{node.port} {name}": int(rows) for node, (name, rows) in told}

    with closing(cluster_store(folder, address)) as store:
        store.append(DAY, array)
        drain.run(morning)
        assert SqliteStore(folder).health().reports == {DAY: 32}
        numbers = [StoredRow(os.urandom(8), b"", array[0].values) for _ in range(5 * LEAST)]
        store.append(DAY, numbers)
        drain.run(morning)
        behind = {each.key for each in spool.waiting(folder, DAY, b"", b"\xff" * 8, 10 * LEAST)}
        assert len(behind) == 2 * LEAST
        assert min(behind)[0] < 0x20, "what stays is not drawn, but what comes last in the order of keys"
        assert 0 < len(behind & {each.key for each in array}) < 32
        assert min(parts().values()) >= LEAST
        store.append(DAY, [StoredRow(os.urandom(8), b"", array[0].values) for _ in range(100)])
        for later in (timedelta(), timedelta(hours=15, minutes=5)):
            drain.run(morning + later)
            assert SqliteStore(folder).health().reports == {DAY: 2 * LEAST + 100}
        drain.run(morning + timedelta(hours=15, minutes=10))
        assert SqliteStore(folder).health().reports == {DAY: 0}
        assert store.health().reports == {DAY: 132 + 5 * LEAST}
        assert min(parts().values()) >= LEAST
