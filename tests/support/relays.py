"""A relay that runs in a thread, on one of the event loops, and its clients."""

import asyncio
import contextlib
import importlib
import importlib.util
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from shimmy_metrics.serve.client_limit import ClientLimit
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.interfaces import Server, Tap
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.target import Target

SECONDS: Final = 10.0
RELAY: Final = "relay"
"""The thread in which a relay runs."""

LOOPS: Final = ("asyncio", "uvloop")
TOO_LARGE: Final = 8_000_000
"""The bytes of a request's body that a server refuses by its head."""

REFUSED: Final = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"


@contextmanager
def held_up(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let the loop do nothing inside the block: what comes meanwhile is all there at its next turn."""
    held, on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        on.wait(SECONDS)

    loop.call_soon_threadsafe(hold)
    assert held.wait(SECONDS)
    try:
        yield
    finally:
        on.set()


def loop_of(name: str) -> asyncio.AbstractEventLoop:
    """Return a new event loop of one of `LOOPS`."""
    if importlib.util.find_spec(name) is None:
        pytest.skip("there is no uvloop for this platform")
    made: asyncio.AbstractEventLoop = importlib.import_module(name).new_event_loop()
    return made


@contextmanager
def answering_early(listening: socket.socket, context: ssl.SSLContext | None = None) -> Iterator[None]:
    """Answer each request by its head alone and close, as axum does over its limit; with a context over TLS."""

    def answer(accepted: socket.socket) -> None:
        # Otherwise the end of the TLS handshake could delay the answer for too long, even without a relay.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with (
            contextlib.suppress(OSError),
            context.wrap_socket(accepted, server_side=True) if context else accepted as behind,
        ):
            behind.recv(1_000)
            behind.sendall(REFUSED)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listening.accept()[0],)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def post_too_much(port: int) -> bytes:
    """Send a request that is too large, as far as it goes, and return the whole answer."""
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(head % TOO_LARGE + b"x" * TOO_LARGE)
        return to_the_end(client)


def target_of(server: socket.socket, tls: ssl.SSLContext | None = None) -> Target:
    """Return the way to a listening socket."""
    return Target("127.0.0.1", server.getsockname()[1], tls, "localhost" if tls else None)


@contextmanager
def relayed(
    loop: asyncio.AbstractEventLoop,
    server: Server,
    new_tap: Callable[[], Tap | None] = lambda: None,
    admits: Callable[[], bool] = lambda: True,
    limit: ClientLimit | None = None,
) -> Iterator[int]:
    """Yield the port of a relay that runs in a thread; at the end its open connections have ended."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    connections = Connections()
    relay = Relay(loop, server, connections, new_tap=new_tap, admits=admits)
    loop.run_until_complete(relay.accept(listener, limit))
    thread = threading.Thread(target=loop.run_forever, name=RELAY)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(connections.drained(SECONDS), loop).result()
        loop.call_soon_threadsafe(relay.refuse)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@contextmanager
def client_of(
    loop: asyncio.AbstractEventLoop, server: Server, new_tap: Callable[[], Tap | None] = lambda: None
) -> Iterator[socket.socket]:
    """Yield a client of such a relay."""
    with (
        relayed(loop, server, new_tap) as port,
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client,
    ):
        yield client


def to_the_end(connection: socket.socket) -> bytes:
    """Return everything that comes until the other side ends or resets the connection."""
    told = b""
    try:
        while data := connection.recv(65_536):
            told += data
    except ConnectionError:
        pass
    return told
