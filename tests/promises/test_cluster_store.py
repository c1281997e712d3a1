"""The store in a cluster: each verb, what several receivers do to one another, and what is cut short."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.receiver.clickhouse.address import parse
from shimmy_metrics.receiver.clickhouse.cluster import Cluster
from shimmy_metrics.receiver.clickhouse.drain import Drain
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome, Recall, StoreError
from support.clickhouse import Nodes, cluster_store
from support.installed import LONGEST, wait_until
from support.stored import DAY, MONDAY, row


def test_a_day_is_delivered_aggregated_and_dropped(nodes: Nodes, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    with closing(cluster_store(folder, nodes.store("whole"))) as store:
        rows = [row(total_tokens_generated=7_000) for _ in range(50)]
        store.append(DAY, rows)
        assert sorted(map(repr, store.aggregate(MONDAY))) == sorted(repr((DAY, False, each.values)) for each in rows)
        assert store.health().reports == {DAY: 50}
        assert SqliteStore(folder).health().reports == {DAY: 0}
        stored = rows[0].key[::-1]  # as ClickHouse writes a number
        assert {each.shard for each in nodes.all if each.holds(stored)} in ({"1"}, {"2"})
        assert set(store.append(DAY, rows)) == {Outcome.DUPLICATE}
        store.append(DAY, [Recall(rows[0].key)])
        assert sum(1 for _ in store.aggregate(MONDAY)) == 49
        canary = store.drop_day(DAY)
        assert store.health().reports == {}
        assert store.find_canary(canary) == []
        assert {each.ask("SELECT count() FROM whole.recalled") for each in nodes.all} == {"1"}
        later = DAY + timedelta(days=9)
        store.append(later, [row()])
        store.drop_day(later)
        assert wait_until(
            lambda: {each.ask("SELECT count() FROM whole.recalled") for each in nodes.all} == {"0"}, LONGEST
        )
        assert [path for each in nodes.all for path in each.holds(canary)] == []


def test_what_is_left_of_a_dropped_day_on_a_replica_is_found_whatever_its_table_is_called(
    nodes: Nodes, tmp_path: Path
) -> None:
    folder = prepared(tmp_path / "data")
    with closing(cluster_store(folder, nodes.store("copied"))) as store:
        store.append(DAY, [row() for _ in range(5)])
        assert sum(1 for _ in store.aggregate(MONDAY)) == 5
        copying = nodes.all[2]
        copying.ask("CREATE TABLE default.forgotten ENGINE = Log AS SELECT * FROM copied.reports")
        canary = store.drop_day(DAY)
        assert store.find_canary(canary) == [f"127.0.0.1:{copying.port}, default.forgotten"]
        copying.ask("DROP TABLE default.forgotten")
        assert store.find_canary(canary) == []
        copying.kill()
        with pytest.raises(StoreError, match=f"127.0.0.1:{copying.port} does not answer"):
            store.find_canary(canary)
        assert wait_until(lambda: nodes.gone(copying), LONGEST)
        copying.start()


def test_what_was_recalled_at_one_receiver_is_brought_back_by_no_other(nodes: Nodes, tmp_path: Path) -> None:
    address, rows = nodes.store("recalled"), [row() for _ in range(20)]
    one, other = (prepared(tmp_path / name) for name in ("one", "other"))
    with closing(cluster_store(one, address)) as first, closing(cluster_store(other, address)) as second:
        first.append(DAY, rows)
        assert sum(1 for _ in first.aggregate(MONDAY)) == 20
        delivered, unsent = rows[0], row()
        assert first.append(DAY, [Recall(delivered.key), Recall(unsent.key)]) == [Outcome.RECALLED] * 2
        assert sum(1 for _ in first.aggregate(MONDAY)) == 19
        second.append(DAY, [delivered, unsent, rows[1]])
        assert sum(1 for _ in second.aggregate(MONDAY)) == 19
        drain = Drain(other, Cluster(parse(address)))

        def gone() -> bool:
            drain.run()
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
                    Drain(folder, Cluster(parse(address))).run()
        assert SqliteStore(folder).health().reports == {DAY: 30}
        store.append(DAY, [row() for _ in range(5)])
        assert sum(1 for _ in store.aggregate(MONDAY)) == 35
        assert store.health().reports == {DAY: 35}


def test_a_shard_that_is_added_later_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    folder, rows = prepared(tmp_path / "data"), [row() for _ in range(30)]
    with closing(cluster_store(folder, nodes.store("grown", 2))) as small:
        small.append(DAY, rows)
        assert sum(1 for _ in small.aggregate(MONDAY)) == 30
    with closing(cluster_store(folder, nodes.store("grown"))) as grown:
        grown.append(DAY, [row() for _ in range(30)])
        assert sum(1 for _ in grown.aggregate(MONDAY)) == 60
        assert all(each.ask("SELECT count() FROM grown.reports") != "0" for each in nodes.all)
        grown.append(DAY, [Recall(each.key) for each in rows[:10]])
        assert sum(1 for _ in grown.aggregate(MONDAY)) == 50
        drain = Drain(folder, Cluster(parse(nodes.store("grown"))))

        def deleted() -> bool:
            drain.run()
            return grown.health().reports == {DAY: 50}

        assert wait_until(deleted, LONGEST)
    with closing(cluster_store(folder, nodes.store("grown", 3))) as forgetful:
        with pytest.raises(StoreError, match="--store names 3 servers, and 4 have its tables"):
            next(forgetful.aggregate(MONDAY))
        with pytest.raises(StoreError, match="--store names 3 servers, and 4 have its tables"):
            forgetful.drop_day(DAY)


def test_the_first_arrival_of_a_report_is_the_one_that_counts(nodes: Nodes, tmp_path: Path) -> None:
    address, report = nodes.store("first"), row()
    late = MONDAY + timedelta(days=15)
    for name, day in (("other", late), ("one", DAY)):
        with closing(cluster_store(prepared(tmp_path / name), address)) as store:
            store.append(day, [report])
            list(store.aggregate(MONDAY))
    with closing(cluster_store(prepared(tmp_path / "one"), address)) as store:
        assert [was_late for _, was_late, _ in store.aggregate(MONDAY)] == [False]
        assert store.health().reports == {DAY: 1, late: 0}
