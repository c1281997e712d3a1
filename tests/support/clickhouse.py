"""Debian's ClickHouse and ZooKeeper as a cluster of this test alone: shards and replicas on loopback, below a folder.

Each server has one thread for a question, and caches of next to nothing: four of them and ZooKeeper take 350 MB.
"""

import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shimmy_metrics.receiver.clickhouse.address import parse
from shimmy_metrics.receiver.clickhouse.cluster import Cluster
from shimmy_metrics.receiver.clickhouse.drain import Drain
from shimmy_metrics.receiver.clickhouse.store import ClusterStore
from shimmy_metrics.receiver.folder import Folder
from support.installed import LONGEST, wait_until
from support.servers import free_port, listening

ZOOKEEPER: Final = Path("/usr/share/java/zookeeper.jar")
SESSION_MS: Final = 6_000
"""How long a server may not be heard of before ZooKeeper takes it for gone, and refuses it (error 999): what a busy
machine keeps from the processor is silent for seconds."""

SERVER: Final = shutil.which("clickhouse-server") or shutil.which("clickhouse-server", path="/usr/sbin")
"""Where Debian puts it is in the path of root alone."""

USER: Final = "receiver:p%40ss"
"""Who asks as the receiver, and the password p@ss, as an address has them."""

LACKING: Final = ", ".join(
    package
    for package, there in (
        ("clickhouse-server", SERVER),
        ("zookeeper", ZOOKEEPER.exists() and shutil.which("java")),
    )
    if not there
)
"""The Debian packages that are not installed."""

_ZOO_CFG: Final = """\
tickTime=500
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
maxClientCnxns=0
"""
_CONFIG: Final = """\
<yandex>
  <logger><level>error</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port>
  <interserver_http_host>127.0.0.1</interserver_http_host><interserver_http_port>{between}</interserver_http_port>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>5242880</mark_cache_size><uncompressed_cache_size>0</uncompressed_cache_size>
  <max_connections>64</max_connections><max_concurrent_queries>32</max_concurrent_queries>
  <merge_tree>
    <old_parts_lifetime>1</old_parts_lifetime>
    <cleanup_delay_period>1</cleanup_delay_period>
    <cleanup_delay_period_random_add>1</cleanup_delay_period_random_add>
  </merge_tree>
  <zookeeper>
    <node><host>127.0.0.1</host><port>{zookeeper}</port></node><session_timeout_ms>{session}</session_timeout_ms>
  </zookeeper>
  <macros><shard>{shard}</shard><replica>{replica}</replica></macros>
</yandex>
"""
_USERS: Final = """\
<yandex>
  <profiles><default>
    <max_threads>1</max_threads><max_memory_usage>200000000</max_memory_usage>
    <background_pool_size>2</background_pool_size><background_schedule_pool_size>2</background_schedule_pool_size>
  </default></profiles>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </default><receiver>
    <password>p@ss</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </receiver></users>
  <quotas><default></default></quotas>
</yandex>
"""


@dataclass
class Node:
    """A server: replica `replica` of shard `shard`, which speaks HTTP at `port`, with all its files in `folder`."""

    folder: Path
    shard: str
    replica: str
    port: int
    process: "subprocess.Popen[bytes]"

    def ask(self, question: str) -> str:
        """Return the answer, without its last line break."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", question.encode(), LONGEST) as answer:
            said: bytes = answer.read()
        return said.decode().rstrip("\n")

    def kill(self) -> None:
        """Kill it in the midst of what it does."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Let it do nothing, while connections to it are made all the same."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)
        assert wait_until(self.answers, LONGEST)

    def start(self) -> None:
        """Start it, or start it again."""
        self.process = _started([str(SERVER), f"--config-file={self.folder / 'config.xml'}"], self.folder)
        assert wait_until(self.answers, LONGEST), (self.folder / "errors").read_text()

    def answers(self) -> bool:
        """Whether it can be asked, and has its ZooKeeper and each of its tables."""
        try:
            self.ask("SELECT name FROM system.zookeeper WHERE path = '/'")
            return self.ask("SELECT count() FROM system.replicas WHERE is_readonly OR is_session_expired") == "0"
        except (OSError, urllib.error.URLError):
            return False

    def leads(self, database: str) -> bool:
        """Whether it leads its shard: others send to it what drops a day."""
        return self.ask(f"SELECT max(is_leader) FROM system.replicas WHERE database = '{database}'") == "1"

    def holds_report(self, key: bytes) -> bool:
        """Whether a report of this key is in a file of it, in whatever database."""
        return any("reports" in path.parts for path in self.holds(key[::-1]))

    def holds(self, wanted: bytes) -> list[Path]:
        """Return the files in which these bytes are."""
        found = []
        for folder, _, names in os.walk(self.folder):  # it passes over parts that go meanwhile
            for path in [Path(folder, name) for name in names]:
                with suppress(FileNotFoundError):
                    if wanted in path.read_bytes():
                        found.append(path)
        return found


@dataclass
class Nodes:
    """Two shards of two replicas: shard 1's first."""

    all: list[Node]

    def store(self, database: str, first: int | None = None) -> str:
        """Return what `--store` takes for a database of it, or of the `first` so many servers."""
        return f"clickhouse://{USER}@{','.join(f'127.0.0.1:{each.port}' for each in self.all[:first])}/{database}"

    def gone(self, node: Node) -> bool:
        """Whether the others know that a node is no more there: before, it could not come back."""
        other = next(each for each in self.all if each.shard == node.shard and each is not node)
        return other.ask("SELECT count() FROM system.replicas WHERE active_replicas = total_replicas") == "0"


def cluster_store(folder: Folder, address: str) -> ClusterStore:
    """Return the store of a folder whose cluster is there."""
    return ClusterStore(folder, Cluster(parse(address)))


def deliver(folder: Folder, address: str) -> None:
    """Deliver everything that waits in a folder."""
    Drain(folder, Cluster(parse(address))).run(datetime.now(UTC), everything=True)


@contextmanager
def cluster(folder: Path) -> Iterator[Nodes]:
    """Run the cluster until the block is left."""
    with ExitStack() as stack:
        zookeeper = free_port()
        stack.callback(_ended, _zookeeper(folder / "zookeeper", zookeeper))
        assert wait_until(lambda: listening(zookeeper), LONGEST), (folder / "zookeeper/said").read_text()
        nodes = []
        for shard, replica in (("1", "a"), ("1", "b"), ("2", "a"), ("2", "b")):
            node = _node(folder / f"{shard}{replica}", shard, replica, zookeeper)
            stack.callback(node.kill)
            nodes.append(node)
        for node in nodes:
            assert wait_until(node.answers, LONGEST), (node.folder / "said").read_text()
        yield Nodes(nodes)


def _zookeeper(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    folder.mkdir()
    (folder / "zoo.cfg").write_text(_ZOO_CFG.format(folder=folder, port=port))
    main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
    small = ("-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    quick = "-Dzookeeper.forceSync=no"  # no power is cut here, and whoever waits for a disk is taken for gone
    return _started(["java", *small, quick, "-cp", f"{ZOOKEEPER.parent}/*", main, str(folder / "zoo.cfg")], folder)


def _node(folder: Path, shard: str, replica: str, zookeeper: int) -> Node:
    folder.mkdir()
    port = free_port()
    config = _CONFIG.format(
        folder=folder, http=port, tcp=free_port(), between=free_port(), zookeeper=zookeeper,
        session=SESSION_MS, shard=shard, replica=replica,
    )  # fmt: skip
    (folder / "config.xml").write_text(config)
    (folder / "users.xml").write_text(_USERS)
    process = _started([str(SERVER), f"--config-file={folder / 'config.xml'}"], folder)
    return Node(folder, shard, replica, port, process)


def _started(words: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
