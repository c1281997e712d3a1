"""A server that has ended: whoever takes its inner port is given nothing of what clients still send."""

import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from support.installed import LONGEST, Home, announced, wait_until
from support.processes import frozen, processes
from support.servers import free_port
from support.stand_in import stand_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own is measured on Linux alone")

REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8\r\n\r\na secret"


def _inner_port(server: int) -> int:
    variables = Path(f"/proc/{server}/environ").read_bytes().split(b"\0")
    (address,) = (each for each in variables if each.startswith(b"SHIMMY_BIND_ADDRESS="))
    return int(address.rpartition(b":")[2])


def _takes(stranger: socket.socket, port: int) -> bool:
    try:
        stranger.bind(("127.0.0.1", port))
    except OSError:  # the server has not ended yet
        return False
    stranger.listen()
    return True


def _given(stranger: socket.socket) -> list[bytes]:
    """Return what came on each connection to a socket that listens; nobody sends any more."""
    stranger.setblocking(False)
    given = []
    try:
        while True:
            connection, _ = stranger.accept()
            with connection, contextlib.suppress(ConnectionResetError):
                given.append(connection.recv(65_536))
    except BlockingIOError:
        return given


def test_who_takes_the_inner_port_after_the_server_ended_is_given_no_byte(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path)), "SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1"})
    home.agree()
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}") as process, socket.socket() as stranger:
        announced(process)
        (server,) = processes(home, "stand-in-shimmy")
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with socket.socket() as client:
            with frozen(home):  # it learns at once of all that happens meanwhile
                inner = _inner_port(server)
                os.kill(server, signal.SIGKILL)
                assert wait_until(lambda: _takes(stranger, inner))
                client.connect(("127.0.0.1", port))
                client.sendall(REQUEST)
            client.settimeout(LONGEST)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""
        process.wait(LONGEST)
        assert set(_given(stranger)) <= {b""}
