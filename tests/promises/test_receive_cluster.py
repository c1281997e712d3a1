"""The receiver in front of a replicated cluster: what was acknowledged is in it once, and goes from it whole."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shimmy_metrics.receiver.clickhouse.address import parse
from shimmy_metrics.receiver.clickhouse.cluster import Cluster
from shimmy_metrics.receiver.clickhouse.store import ClusterStore
from shimmy_metrics.receiver.folder import Folder, prepared
from support.clickhouse import LACKING, Nodes, cluster
from support.stored import DAY, MONDAY, row

pytestmark = [
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {LACKING} (Debian's packages)"),
    pytest.mark.xdist_group("cluster"),
]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def _store(folder: Folder, address: str) -> ClusterStore:
    return ClusterStore(folder, Cluster(parse(address)))


def test_a_day_is_delivered_aggregated_and_dropped(nodes: Nodes, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    with closing(_store(folder, nodes.store("slice"))) as store:
        rows = [row(total_tokens_generated=7_000) for _ in range(50)]
        store.append(DAY, rows)
        assert sorted(map(repr, store.aggregate(MONDAY))) == sorted(repr((DAY, False, each.values)) for each in rows)
        assert store.health().reports == {DAY: 50}
        stored = rows[0].key[::-1]  # as ClickHouse writes a number
        assert {each.shard for each in nodes.all if each.holds(stored)} in ({"1"}, {"2"})
        canary = store.drop_day(DAY)
        assert store.health().reports == {}
        assert store.find_canary(canary) == []
        assert [path for each in nodes.all for path in each.holds(canary)] == []
