"""The real llama.cpp server with a real model; `python -m support.llama_server PORT MODEL` serves until killed."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.installed import wait_until
from support.servers import ask, free_port

TESTS = Path(__file__).parent.parent
STARTS_WITHIN = 60.0


@contextmanager
def llama_server(model: Path) -> Iterator[int]:
    """Run the server in a process of its own and yield its port. It is killed: asked to stop, it waits for streams."""
    port = free_port()
    command = [sys.executable, "-m", "support.llama_server", str(port), str(model)]
    process = subprocess.Popen(command, cwd=TESTS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: _healthy(port) or process.poll() is not None, STARTS_WITHIN), "it does not start"
        assert process.poll() is None, "it ended while it started"
        yield port
    finally:
        process.kill()
        process.wait()


def _healthy(port: int) -> bool:
    try:
        return ask(port, path="/health")[0] == 200
    except OSError:
        return False


def serve(port: int, model: Path) -> None:
    """Serve the model on 127.0.0.1:`port` for ever."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 1024
    params.n_parallel = 2
    params.endpoint_metrics = True
    # Several threads would spin while they wait for each other: twenty times slower than one thread on a busy machine.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    threading.Event().wait()
    del server


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
