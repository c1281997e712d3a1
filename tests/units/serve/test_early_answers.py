"""What one side said before its connection broke off reaches the other, on each event loop."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator

import pytest

from shimmy_metrics.serve.target import Target
from support.relays import SECONDS, client_of, post_too_much, relayed, target_of, to_the_end

ANSWER = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"
RESET = struct.pack("ii", 1, 0)
TRIES = 100


@pytest.fixture(params=["plain", "TLS"])
def hasty(
    request: pytest.FixtureRequest, server: socket.socket, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> Iterator[Target]:
    """Yield a server that answers by the request's head alone and closes, as axum does over its limit."""
    secure = request.param == "TLS"

    def answer(accepted: socket.socket) -> None:
        # Or the end of its TLS handshake could hold the answer back until it is too late, without a relay as well.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with tls[1].wrap_socket(accepted, server_side=True) if secure else accepted as behind:
            behind.recv(1_000)
            behind.sendall(ANSWER)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield target_of(server, tls[0] if secure else None)
    server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_an_answer_before_the_whole_request_was_read_reaches_the_client(
    loop: asyncio.AbstractEventLoop, hasty: Target
) -> None:
    with relayed(loop, hasty) as port:
        assert [post_too_much(port) for _ in range(TRIES)] == [ANSWER] * TRIES


def test_what_a_client_said_before_it_reset_its_connection_reaches_the_server(
    loop: asyncio.AbstractEventLoop, server: socket.socket
) -> None:
    with client_of(loop, target_of(server)) as client:
        behind, _ = server.accept()
        with behind:
            behind.settimeout(SECONDS)
            client.sendall(b"first")
            assert behind.recv(100) == b"first"
            held, on = threading.Event(), threading.Event()

            def hold() -> None:
                held.set()
                on.wait(SECONDS)

            loop.call_soon_threadsafe(hold)
            assert held.wait(SECONDS)
            # The answer is first in the relay's turn, and cannot be written any more.
            behind.sendall(b"answer")
            client.sendall(b"last words")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
            on.set()
            assert to_the_end(behind) == b"last words"
