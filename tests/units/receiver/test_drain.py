"""What a delivery asks of the folder and of the cluster, however many parts it has; the cluster is a stand-in."""

from contextlib import closing
from datetime import UTC, datetime, time
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from shimmy_metrics.receiver.clickhouse import drain
from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite import spool
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.stored import DAY, row


def _answer(_: object, asked: str) -> list[list[str]]:
    return [["0"]] if "count()" in asked else []


def test_a_day_is_searched_for_its_canary_once_in_a_delivery_of_many_parts(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "MOST", 20)
    searched = Mock(side_effect=spool.day_canary)
    monkeypatch.setattr(spool, "day_canary", searched)
    with closing(SqliteStore(folder, full=30)) as store:
        for _ in range(20):
            store.append(DAY, [row() for _ in range(10)])
            store.settle(quiet=False)
    cluster = Mock()
    cluster.layout.return_value.shards = [SimpleNamespace(first=bytes(8), last=b"\xff" * 8, name="1")]
    cluster.read.side_effect = _answer
    drain.Drain(folder, cluster).run(datetime.combine(DAY, time(12), UTC), everything=True)
    inserted = [call.args[2] for call in cluster.insert.call_args_list]
    assert len(inserted) == 10
    assert sum(len(rows) for rows in inserted) == 200
    assert searched.call_count == 1
    assert [call[0] for call in cluster.mock_calls if "insert" in call[0]][:2] == ["insert_sql", "insert"]
    assert not spool.waits(folder, DAY, 1)
