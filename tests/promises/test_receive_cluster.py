"""The receiver in front of a replicated cluster: what was acknowledged is in it once, and goes from it whole."""

import asyncio
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.accepted import accept
from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import load_keys
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.row import stored_row
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import StoreError
from shimmy_metrics.receiver.stores import choose
from shimmy_metrics.receiver.week import week_name, week_of
from shimmy_metrics.report.seal import join, seal
from support.clickhouse import Node, Nodes, cluster_store, deliver
from support.installed import LONGEST, Home, wait_until
from support.receive_process import receive
from support.report_load import Sent, run
from support.servers import free_port
from support.stored import report, row
from support.whole_day import today

__all__ = ["today"]

pytestmark = pytest.mark.thorough

REPORTS: Final = 10_000
PROXY: Final = ("--trusted-proxy", "127.0.0.1")
"""The load names another sender's address in each request: the rate of one would end it."""


def _home(path: Path, keys_of: Path | None = None) -> Home:
    """Return a home; a receiver there hashes with the key of the receiver whose folder is `keys_of`."""
    folder = prepared(path / "data")
    if keys_of is not None:
        shutil.copy(Folder(keys_of).keys / "hashing", folder.keys)
    load_keys(folder, datetime.now(UTC).date())
    return Home(path)


def _act(home: Home, action: str, *words: str, code: int = 0) -> str:
    done = home.run("receive", action, *words, "--data", str(home.root / "data"), command="shimmy-metrics")
    assert (done.returncode, done.stderr) == (code, ""), done.stdout + done.stderr
    return done.stdout


def _requests(reports: int, today: date) -> list[Sent]:
    """Return so many reports of today, in requests of 32."""
    made = [report(day=today, daily_active_usage=True) for _ in range(reports)]
    some = [made[start : start + 32] for start in range(0, reports, 32)]
    return [
        Sent(join([seal(each).body for each in group]), tuple(each["session_id"] for each in group)) for group in some
    ]


async def _send(sent: Sequence[Sent], *ports: int) -> set[str]:
    """Send all of it to each, in an order of its own; return the ids that were acknowledged."""
    orders = [random.Random(port).sample(sent, k=len(sent)) for port in ports]
    results = await asyncio.gather(*(run(port, order, 4) for port, order in zip(ports, orders, strict=True)))
    assert sum((each.statuses for each in results), Counter()) == {200: sum(map(len, orders))}
    return {report_id for each in results for report_id in each.acknowledged}


def _waiting(home: Home) -> int:
    """Return how many reports a receiver has not delivered yet."""
    return sum(SqliteStore(Folder(home.root / "data")).health().reports.values())


def _delivered(home: Home) -> bool:
    """Whether everything can be delivered now."""
    return home.run("receive", "deliver", "--data", str(home.root / "data"), command="shimmy-metrics").returncode == 0


def _stored(nodes: Iterable[Node], database: str) -> int:
    """Return how many reports these hold, each once."""
    asked = f"SELECT count() FROM {database}.reports FINAL WHERE canary = ''"
    return sum(int(each.ask(asked)) for each in nodes)


def test_ten_thousand_reports_three_times_each_through_two_receivers_are_ten_thousand(
    nodes: Nodes, tmp_path: Path, today: date
) -> None:
    sent = _requests(REPORTS, today) * 3
    one, store = _home(tmp_path / "one"), ("--store", nodes.store("twice"), *PROXY)
    other = _home(tmp_path / "other", one.root / "data")
    with receive(one, *store) as first, receive(other, *store) as second:
        acknowledged = asyncio.run(_send(sent, first.port, second.port))
        assert len(acknowledged) == REPORTS
        for home in (one, other):  # a receiver that delivers beside it makes the cluster refuse for a moment
            assert wait_until(partial(_delivered, home), LONGEST)
        assert (first.stop(), second.stop()) == (0, 0)
    assert [_stored(each, "twice") for each in (nodes.all[::2], nodes.all[1::2])] == [REPORTS, REPORTS]
    monday = week_of(today)
    for home in (one, other):
        with closing(cluster_store(Folder(home.root / "data"), nodes.store("twice"))) as opened:
            assert sum(1 for _ in opened.aggregate(monday)) == REPORTS
            assert opened.health().reports == {today: REPORTS}
        told = json.loads(_act(home, "week", "--week", week_name(monday), "--json"))
        assert told["received"] == REPORTS


def test_two_replicas_killed_under_load_lose_nothing_that_was_acknowledged(
    nodes: Nodes, tmp_path: Path, today: date
) -> None:
    home = _home(tmp_path)
    sent = _requests(REPORTS, today)
    killed = [nodes.all[1], nodes.all[2]]  # one of each shard
    with receive(home, "--store", nodes.store("killed"), *PROXY) as running:
        acknowledged = asyncio.run(_send(sent[:150], running.port))
        assert wait_until(lambda: _waiting(home) < len(acknowledged), LONGEST)
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(asyncio.run, _send(sent[150:250], running.port))
            for each in killed:
                each.kill()
            acknowledged |= under_way.result()
        acknowledged |= asyncio.run(_send(sent[250:], running.port))
        assert len(acknowledged) == REPORTS
        troubles = json.loads(_act(home, "status", "--json", code=1))["troubles"]
        assert all(f"127.0.0.1:{each.port} does not answer" in troubles[0] for each in killed)
        before = _waiting(home)
        with pytest.raises(StoreError):
            deliver(Folder(home.root / "data"), nodes.store("killed"))
        assert _waiting(home) == before > 0, "a report left the folder that only one replica has"
        assert wait_until(lambda: all(map(nodes.gone, killed)), LONGEST)
        for each in killed:
            each.start()
        assert wait_until(lambda: _delivered(home), LONGEST)
        assert running.stop() == 0
    with closing(cluster_store(Folder(home.root / "data"), nodes.store("killed"))) as store:
        assert wait_until(lambda: store.health().reports == {today: REPORTS}, LONGEST)
        assert sum(1 for _ in store.aggregate(week_of(today))) == REPORTS
    assert wait_until(
        lambda: [_stored(each, "killed") for each in (nodes.all[::2], nodes.all[1::2])] == [REPORTS, REPORTS], LONGEST
    )
    assert json.loads(_act(home, "status", "--json"))["troubles"] == []


@pytest.mark.parametrize("leader", [True, False])
def test_a_day_dropped_with_a_replica_down_is_not_said_to_be_gone_until_it_is(
    nodes: Nodes, tmp_path: Path, today: date, leader: bool
) -> None:
    database = f"dropped{leader}".lower()
    home, old = _home(tmp_path), today - timedelta(days=9)
    folder = Folder(home.root / "data")
    choose(folder, nodes.store(database))
    with closing(cluster_store(folder, nodes.store(database))) as store:
        for day in (old, today):
            store.append(day, [row(day=day) for _ in range(40)])
        deliver(folder, nodes.store(database))
        assert sum(1 for _ in store.aggregate(week_of(old))) == 40
    asked = f"SELECT DISTINCT hex(canary) FROM {database}.reports WHERE canary != '' AND arrived = '{old}'"
    (canary,) = {bytes.fromhex(each.ask(asked)) for each in nodes.all}
    assert all(each.holds(canary) for each in nodes.all)
    down = next(each for each in nodes.all if each.leads(database) == leader)
    down.kill()
    assert "could not be dropped" in _act(home, "retain", code=1)
    assert f"what arrived on {old} is still held" in _act(home, "verify-retention", code=1)
    assert wait_until(lambda: nodes.gone(down), LONGEST)
    down.start()
    # As the receiver does each hour.
    assert wait_until(lambda: _retained(home), LONGEST), _act(home, "retain", code=1)
    (logged,) = dropped_days(folder)
    assert (logged.day, logged.canary) == (old.isoformat(), canary)
    assert "It holds" in _act(home, "verify-retention")
    assert [path for each in nodes.all for path in each.holds(canary)] == []
    assert _stored(nodes.all[::2], database) == 40


def _retained(home: Home) -> bool:
    return home.run("receive", "retain", "--data", str(home.root / "data"), command="shimmy-metrics").returncode == 0


def test_a_running_receiver_deletes_what_is_recalled_from_every_replica(
    nodes: Nodes, tmp_path: Path, today: date
) -> None:
    home, database = _home(tmp_path), "calledback"
    sent = [report(day=today) for _ in range(2)]
    keys = [stored_row(accept(each, b""), load_keys(Folder(home.root / "data"), today).hashing).key for each in sent]
    with receive(home, "--store", nodes.store(database)) as running:
        assert running.post(join([seal(each).body for each in sent])).status == 200
        assert wait_until(partial(_delivered, home), LONGEST)
        assert all(any(each.holds_report(key) for each in nodes.all) for key in keys)
        assert running.ask("DELETE", f"/v1/usage/{sent[0]['session_id']}").status == 204
        assert wait_until(lambda: not any(each.holds_report(keys[0]) for each in nodes.all), LONGEST)
        assert any(each.holds_report(keys[1]) for each in nodes.all)
        assert running.post(seal(sent[0]).body).status == 409


def test_without_its_cluster_a_receiver_takes_reports_and_says_what_it_waits_for(
    nodes: Nodes, tmp_path: Path, today: date
) -> None:
    home = _home(tmp_path)
    closed = f"clickhouse://127.0.0.1:{free_port()}/metrics"
    with receive(home, "--store", closed) as running:
        assert running.post(seal(report(day=today)).body).status == 200
        (trouble,) = json.loads(_act(home, "status", "--json", code=1))["troubles"]
        assert trouble.startswith(f"{closed[13:-8]} does not answer")
        assert trouble.endswith("1 report waits here for the cluster")
        assert running.stop() == 0
    # In the folder, so that no list of processes shows the password.
    Folder(home.root / "data").store.write_text(nodes.store("later"))
    with receive(home):
        assert wait_until(partial(_delivered, home), LONGEST)
    assert _stored(nodes.all[::2], "later") == 1
    with pytest.raises(UserError, match="nobody would delete them"):
        choose(Folder(home.root / "data"), "sqlite")
