"""The relay itself, on each event loop that `serve` may run on: what clients and servers must not notice of it."""

import asyncio
import importlib
import importlib.util
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme

from shimmy_metrics.serve.relay import Relay, Tap
from shimmy_metrics.serve.target import Target

SECONDS = 10.0


class _Waiting:
    """A tap that is not done with bytes before the other side has them; `late` tells that it waited in vain."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.late = False
        self.ended = threading.Event()

    def client_bytes(self, _: bytes, /) -> None:
        self.late |= not self.there.wait(SECONDS)
        self.there.clear()

    server_bytes = client_bytes

    def closed(self, *, by_server: bool) -> None:
        self.ended.set()


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoop:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip("uvloop is not installed (the extra `speed`)")
    made: asyncio.AbstractEventLoop = importlib.import_module(request.param).new_event_loop()
    return made


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(SECONDS)
        yield listening


def _target(server: socket.socket, tls: ssl.SSLContext | None = None) -> Target:
    return Target("127.0.0.1", server.getsockname()[1], tls, "localhost" if tls else None)


@contextmanager
def _client(
    loop: asyncio.AbstractEventLoop, target: Target, new_tap: Callable[[], Tap | None] = lambda: None
) -> Iterator[socket.socket]:
    """Yield a client of a relay that runs in a thread."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    relay = Relay(loop, target, new_tap=new_tap)
    loop.run_until_complete(relay.accept(listener))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=SECONDS) as client:
            yield client
    finally:
        asyncio.run_coroutine_threadsafe(relay.drained(SECONDS), loop).result()
        loop.call_soon_threadsafe(relay.refuse)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def test_bytes_are_with_the_other_side_before_they_are_counted(
    loop: asyncio.AbstractEventLoop, server: socket.socket
) -> None:
    tap = _Waiting()
    with _client(loop, _target(server), lambda: tap) as client:
        behind, _ = server.accept()
        with behind:
            behind.settimeout(SECONDS)
            for writer, reader in ((client, behind), (behind, client)) * 3:
                writer.sendall(b"some bytes")
                assert reader.recv(100) == b"some bytes"
                tap.there.set()
    assert tap.ended.wait(SECONDS)
    assert not tap.late


@pytest.fixture
def tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a client and what a server of one authority use."""
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(ours)
    authority.issue_cert("localhost").configure_cert(theirs)
    return ours, theirs


def test_an_answer_that_ends_with_its_tls_session_is_whole_and_nothing_is_said(
    loop: asyncio.AbstractEventLoop,
    server: socket.socket,
    tls: tuple[ssl.SSLContext, ssl.SSLContext],
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = b"answer" * 100_000

    def answer() -> None:
        with tls[1].wrap_socket(server.accept()[0], server_side=True) as behind:
            assert behind.recv(100) == b"question"
            behind.sendall(told)
            behind.unwrap().close()

    with caplog.at_level(logging.WARNING), _client(loop, _target(server, tls[0])) as client:
        thread = threading.Thread(target=answer)
        thread.start()
        client.sendall(b"question")
        got = b""
        while data := client.recv(65_536):
            got += data
        thread.join()
    assert got == told
    assert caplog.messages == []


def test_a_server_behind_tls_that_goes_on_speaking_learns_soon_that_its_client_has_gone(
    loop: asyncio.AbstractEventLoop, server: socket.socket, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    gone, given_up = threading.Event(), threading.Event()

    def speak() -> None:
        with tls[1].wrap_socket(server.accept()[0], server_side=True) as behind:
            try:
                while not given_up.wait(0.001):
                    behind.sendall(b"a generated piece" * 1_000)
            except OSError:
                gone.set()

    with _client(loop, _target(server, tls[0])) as client:
        thread = threading.Thread(target=speak)
        thread.start()
        try:
            assert client.recv(100)
            client.close()
            assert gone.wait(SECONDS)
        finally:
            given_up.set()
            thread.join()
