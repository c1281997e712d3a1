"""`shimmy-metrics receive` as a process of its own."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.installed import BIN, LONGEST, Home, wait_until
from support.receiving import Client
from support.servers import free_port


@dataclass(kw_only=True)
class Process(Client):
    """The running command. `said` is the file that holds all that it printed."""

    process: "subprocess.Popen[bytes]"
    said: Path
    data: Path

    def stop(self) -> int:
        """End it as a service manager does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONGEST)

    def held(self) -> int:
        """Return how many reports are stored, once it has ended."""
        return sum(SqliteStore(Folder(self.data)).health().reports.values())


@contextmanager
def receive(home: Home, *options: str, source: str = "127.0.0.1") -> Iterator[Process]:
    """Run it with these options, listening on a free port of 127.0.0.1, until the block is left."""
    port, said, data = free_port(), home.root / "said", home.root / "data"
    words = ["receive", "--data", str(data), "--listen", f"127.0.0.1:{port}", *options]
    with said.open("ab") as output:
        before = output.tell()
        process = subprocess.Popen(
            [*home.before, str(BIN / "shimmy-metrics"), *words],
            env=home.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        assert wait_until(lambda: said.read_bytes()[before:].endswith(b"\n")), said.read_text()
        assert said.read_bytes()[before:].startswith(b"Receiving at "), said.read_text()
        yield Process(port, source, process=process, said=said, data=data)
    finally:
        process.kill()
        process.wait()
