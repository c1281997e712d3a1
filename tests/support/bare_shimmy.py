"""The real Shimmy on its own, for `shimmy serve` to be compared with."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.installed import Home
from support.real_parts import SHIMMY
from support.servers import free_port, wait_for


@contextmanager
def bare_shimmy(home: Home, model: Path) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Serve the model and yield the port and the process; kill it at the end if it still runs."""
    port = free_port()
    words = ("--ctx", "256", "serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(model))
    with home.started_program([str(SHIMMY), *words]) as process:
        wait_for(port, process)
        yield port, process
