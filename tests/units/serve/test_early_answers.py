"""What one side sent before its connection broke reaches the other, on each event loop."""

import asyncio
import socket
import ssl
import struct
import sys
import time
from collections.abc import Iterator

import pytest

from shimmy_metrics.serve.target import Target
from support.installed import wait_until
from support.relays import (
    REFUSED,
    SECONDS,
    answering_early,
    client_of,
    held_up,
    post_too_much,
    relayed,
    target_of,
    to_the_end,
)

if sys.platform == "linux":
    import fcntl
    import termios

RESET = struct.pack("ii", 1, 0)
TRIES = 40


@pytest.fixture(params=["plain", "TLS"])
def hasty(
    request: pytest.FixtureRequest, server: socket.socket, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> Iterator[Target]:
    """Yield a server that answers after the request's head and closes."""
    secure = request.param == "TLS"
    with answering_early(server, tls[1] if secure else None):
        yield target_of(server, tls[0] if secure else None)


def test_an_answer_before_the_whole_request_was_read_reaches_the_client(
    loop: asyncio.AbstractEventLoop, hasty: Target
) -> None:
    with relayed(loop, hasty) as port:
        assert [post_too_much(port) for _ in range(TRIES)] == [REFUSED] * TRIES


def _unread(connection: socket.socket) -> int:
    """Return how many of the bytes that were sent the other side's system does not have yet."""
    if sys.platform != "linux":
        return 0
    return int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def test_a_slow_client_gets_all_of_an_answer_that_broke_off(
    loop: asyncio.AbstractEventLoop, server: socket.socket
) -> None:
    told = bytes(range(256)) * 2_000
    with relayed(loop, target_of(server)) as port, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(SECONDS)
        client.connect(("127.0.0.1", port))
        client.sendall(b"question")
        behind, _ = server.accept()
        behind.settimeout(SECONDS)
        behind.sendall(told)
        assert wait_until(lambda: not _unread(behind))  # the relay has all of it, and the client next to nothing
        behind.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        behind.close()
        time.sleep(0.2)
        got = b""
        with pytest.raises(ConnectionResetError):
            while data := client.recv(65_536):
                got += data
    assert got == told


def test_what_a_client_said_before_it_reset_its_connection_reaches_the_server(
    loop: asyncio.AbstractEventLoop, server: socket.socket
) -> None:
    with client_of(loop, target_of(server)) as client:
        behind, _ = server.accept()
        with behind:
            behind.settimeout(SECONDS)
            client.sendall(b"first")
            assert behind.recv(100) == b"first"
            with held_up(loop):
                # In the relay's turn the answer comes first, and can no longer be written.
                behind.sendall(b"answer")
                client.sendall(b"last words")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.close()
            assert to_the_end(behind) == b"last words"
