"""What one side said before its connection broke off reaches the other, on each event loop."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from support.relays import SECONDS, client_of, post_too_much, relayed, target_of, to_the_end

ANSWER = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"
RESET = struct.pack("ii", 1, 0)
TRIES = 100


@pytest.fixture
def hasty(server: socket.socket) -> Iterator[socket.socket]:
    """Yield a server that answers by the request's head alone and closes, as axum does over its limit."""

    def answer(behind: socket.socket) -> None:
        with behind:
            behind.recv(1_000)
            behind.sendall(ANSWER)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield server
    server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_an_answer_before_the_whole_request_was_read_reaches_the_client(
    loop: asyncio.AbstractEventLoop, hasty: socket.socket
) -> None:
    with relayed(loop, target_of(hasty)) as port:
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
