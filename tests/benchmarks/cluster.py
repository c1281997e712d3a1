"""What a report costs to deliver to a cluster and to read of it, as a day grows: `python tests/benchmarks/cluster.py`.

The cluster are two shards by two replicas and ZooKeeper on this machine, each with one thread (`support.clickhouse`).
By hand; the argument is the curve's last number of reports.
"""

import os
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.receiver import CURVE, TOGETHER, Clock
from benchmarks.say import say
from benchmarks.ways import cpu_seconds
from shimmy_metrics.receiver.folder import prepared
from support.clickhouse import Nodes, cluster, cluster_store, deliver
from support.stored import row


def curve(folder: Path, nodes: Nodes, most: int) -> None:
    """Print it. The times are of this process's CPU, with the seconds that went by in brackets, and of the servers'."""
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday())
    made = [row(day=today) for _ in range(TOGETHER)]
    data, address = prepared(folder / "data"), nodes.store("curve")
    held = 0
    with closing(cluster_store(data, address)) as store:
        for goal in (each for each in CURVE if each <= most):
            added = goal - held
            while held < goal:
                store.append(today, [each._replace(key=os.urandom(8), check=os.urandom(8)) for each in made])
                store.settle(quiet=False)
                held += TOGETHER
            store.settle()
            began, servers = Clock.now(), _servers(nodes)
            deliver(data, address)
            delivered, servers = began.per(added), 1e6 * (_servers(nodes) - servers) / added
            began = Clock.now()
            read = began.per(sum(1 for _ in store.aggregate(monday)))
            size = sum(_size(each.folder / "data/data/curve") for each in nodes.all) / 2 / held
            say(f"{goal:>10,} reports: {delivered} each to deliver, {servers:5.1f} us of the servers', {read} to read, "
                f"{size:.0f} bytes a replica")  # fmt: skip


def _servers(nodes: Nodes) -> float:
    """Return the CPU seconds of the four servers."""
    return sum(cpu_seconds(each.process.pid) for each in nodes.all)


def _size(folder: Path) -> int:
    return sum(os.stat(Path(path, name)).st_size for path, _, names in os.walk(folder) for name in names)


def main() -> None:
    """Start the cluster, and print the curve."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nodes").mkdir()
        with cluster(Path(folder) / "nodes") as nodes:
            curve(Path(folder), nodes, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)


if __name__ == "__main__":
    main()
