"""A client that half-closes after its request (`nc -N`) gets its answer, over TLS as well."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shimmy_metrics.serve.interfaces import Tap
from shimmy_metrics.serve.target import Target
from support.relays import SECONDS, relayed, target_of, to_the_end
from support.timely import in_time
from support.wire import CHAT, Seen, answer, chunked

TRIES = 100
ANSWER = answer(b"{}")
PIECES = chunked([b"data: one\n\n", b"data: two\n\n"])


def _unmeasured() -> Tap | None:
    return None


def _measured() -> Tap | None:
    return Seen().tap


@pytest.fixture(params=["plain", "TLS"])
def keeping(
    request: pytest.FixtureRequest, server: socket.socket, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> Iterator[Target]:
    """Yield a server that keeps connections alive, and drops the answer of a client that has closed, as hyper does."""
    secure = request.param == "TLS"

    def answer_all(accepted: socket.socket) -> None:
        accepted.settimeout(SECONDS)
        with contextlib.suppress(OSError), _spoken(accepted) as behind:
            while asked := behind.recv(1_000):
                behind.settimeout(0.002)
                with contextlib.suppress(TimeoutError):
                    if secure and behind.recv(1) == b"":
                        return
                behind.settimeout(SECONDS)
                told = PIECES if b"stream" in asked else ANSWER
                behind.sendall(told[:50])
                time.sleep(0.002)
                behind.sendall(told[50:])

    def _spoken(accepted: socket.socket) -> socket.socket:
        return tls[1].wrap_socket(accepted, server_side=True) if secure else accepted

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer_all, args=(server.accept()[0],)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield target_of(server, tls[0] if secure else None)
    server.shutdown(socket.SHUT_RDWR)
    thread.join()


def _asked_and_ended(port: int, asked: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        client.sendall(asked)
        client.shutdown(socket.SHUT_WR)
        return to_the_end(client)


@pytest.mark.parametrize("new_tap", [_unmeasured, _measured])
def test_the_answer_is_whole_and_then_the_connection_ends(
    loop: asyncio.AbstractEventLoop, keeping: Target, new_tap: Callable[[], Tap | None]
) -> None:
    streamed = CHAT.replace(b"/v1/chat", b"/stream/chat")
    with relayed(loop, keeping, new_tap) as port:
        before = time.monotonic()
        assert [_asked_and_ended(port, CHAT) for _ in range(TRIES)] == [ANSWER] * TRIES
        assert _asked_and_ended(port, streamed) == PIECES
        assert _asked_and_ended(port, CHAT + b"\x00\x01 no request") == ANSWER
        assert in_time(time.monotonic() - before, TRIES / 4)  # each EOF is passed on at once


def test_a_client_that_leaves_before_it_has_asked_is_not_waited_for(
    loop: asyncio.AbstractEventLoop, keeping: Target
) -> None:
    with relayed(loop, keeping) as port:
        assert _asked_and_ended(port, b"") == b""
        before = time.monotonic()
        _asked_and_ended(port, CHAT[:-1])
        assert in_time(time.monotonic() - before, SECONDS / 4)


def test_the_end_of_what_is_no_http_is_left_to_the_server(
    loop: asyncio.AbstractEventLoop, server: socket.socket, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    def answer_late() -> None:
        with tls[1].wrap_socket(server.accept()[0], server_side=True) as behind:
            assert behind.recv(100) == b"\x00\x01 question"
            time.sleep(0.1)
            behind.sendall(b"answer")

    thread = threading.Thread(target=answer_late)
    thread.start()
    with relayed(loop, target_of(server, tls[0])) as port:
        assert _asked_and_ended(port, b"\x00\x01 question") == b"answer"
    thread.join()
