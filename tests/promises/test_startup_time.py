"""`startup_time_ms` is the server's own: an independent process that watches the same start says the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.installed import Home, stop, wait_until
from support.observed_start import assert_measured_as_seen, children, command_of, first_of_all, measured_ms
from support.servers import free_port, listening, wait_for
from support.timely import in_time

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own start is measured on Linux")

STARTS = pytest.mark.parametrize("starts", [4, pytest.param(20, marks=pytest.mark.long)])

SERVER = """#!{python} -S
import os
import socket
import time

time.sleep({seconds})
host, port = os.environ["SHIMMY_BIND_ADDRESS"].rsplit(":", 1)
listener = socket.create_server((host, int(port)))
while True:
    asking, _ = listener.accept()
    asking.recv(1000)
    asking.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n{{"service":"shimmy","version":"2.6.5"}}')
    asking.close()
"""


def _server(folder: Path, seconds: float) -> Path:
    path = folder / "server"
    path.write_text(SERVER.format(python=sys.executable, seconds=seconds))
    path.chmod(0o755)
    return path


@STARTS
@pytest.mark.parametrize("seconds", [0.0, pytest.param(0.4, marks=pytest.mark.thorough)])
def test_the_start_that_is_measured_is_the_one_that_others_see(tmp_path: Path, seconds: float, starts: int) -> None:
    assert_measured_as_seen(tmp_path, _server(tmp_path, seconds), starts)


def test_serve_adds_at_most_150_ms_to_the_server_s_readiness(tmp_path: Path) -> None:
    """Of these about 40 are Python and the decision, before the server starts, and 35 the imports beside its start."""
    server = _server(tmp_path, 0.0)
    added = []
    with first_of_all() as before:
        for index in range(5):
            home = Home(tmp_path / str(index), {"SHIMMY_BIN": str(server)}, before)
            home.root.mkdir()
            home.metrics("enable")
            port = free_port()
            began = time.monotonic()
            with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:
                while not listening(port):
                    time.sleep(0.001)
                took = 1000 * (time.monotonic() - began)
                added.append(took - (measured_ms(home) or 0))
                stop(process)
    assert in_time(min(added), 150), added


def _watch_of(process: "subprocess.Popen[str]", server: Path) -> int | None:
    """Return the process that watches the start, once the server runs."""
    found = {pid: str(server) in command_of(pid) for pid in children(process.pid)}
    return next((pid for pid, is_server in found.items() if not is_server), None) if any(found.values()) else None


def test_a_server_is_served_whose_watch_was_killed(tmp_path: Path) -> None:
    server = _server(tmp_path, 1.0)
    home = Home(tmp_path, {"SHIMMY_BIN": str(server)})
    home.metrics("enable")
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:
        assert wait_until(lambda: _watch_of(process, server) is not None)
        watch = _watch_of(process, server)
        assert watch is not None
        os.kill(watch, signal.SIGKILL)
        wait_for(port, process)
        assert len(children(process.pid)) == 1  # no zombie is left of it
        assert measured_ms(home) is None
        stop(process)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_watch_outlives_a_start_that_is_broken_off(tmp_path: Path, how: signal.Signals) -> None:
    server = _server(tmp_path, 60.0)
    home = Home(tmp_path, {"SHIMMY_BIN": str(server)})
    home.metrics("enable")
    with home.started("serve", "--bind", f"127.0.0.1:{free_port()}") as process:
        assert wait_until(lambda: _watch_of(process, server) is not None)
        started = children(process.pid)
        assert len(started) == 2
        process.send_signal(how)
        process.communicate(timeout=20)
        assert process.returncode == -how
        assert wait_until(lambda: not any(map(command_of, started)))
