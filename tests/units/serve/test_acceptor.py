"""Clients above the limit wait for their turn, none is reset, and it is reported once a minute, on each event loop."""

import asyncio
import contextlib
import errno
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shimmy_metrics.serve import acceptor, relay
from shimmy_metrics.serve.client_limit import ClientLimit
from shimmy_metrics.serve.target import Target
from support.relays import RELAY, SECONDS, relayed, target_of

CLIENTS = 12
ROOM = 3


def _answer(behind: socket.socket) -> None:
    with behind:
        while behind.recv(100):
            time.sleep(0.02)
            behind.sendall(b"answer")


@pytest.fixture
def target(server: socket.socket) -> Iterator[Target]:
    """Yield a server that answers each client until the client leaves."""

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=_answer, args=(server.accept()[0],)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield target_of(server)
    server.shutdown(socket.SHUT_RDWR)
    thread.join()


def _asked(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        client.sendall(b"question")
        return client.recv(100)


def test_everybody_is_served_and_the_limit_is_told_once_a_minute(
    loop: asyncio.AbstractEventLoop, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert acceptor.REPORT_EVERY_SECONDS == 60.0
    told: list[None] = []
    limit = ClientLimit(ROOM, lambda: told.append(None))
    monkeypatch.setattr(acceptor, "REPORT_EVERY_SECONDS", 3_600.0)
    with relayed(loop, target, limit=limit) as port, ThreadPoolExecutor(CLIENTS) as many:
        assert _asked(port) == b"answer"
        assert told == []
        for _ in range(2):
            assert list(many.map(_asked, [port] * CLIENTS)) == [b"answer"] * CLIENTS
            assert len(told) == 1
        monkeypatch.setattr(acceptor, "REPORT_EVERY_SECONDS", 0.0)
        assert list(many.map(_asked, [port] * CLIENTS)) == [b"answer"] * CLIENTS
        assert len(told) > 1


def test_a_client_that_waits_is_let_in_when_another_leaves(loop: asyncio.AbstractEventLoop, target: Target) -> None:
    with relayed(loop, target, limit=ClientLimit(1)) as port:
        first = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        with first, socket.create_connection(("127.0.0.1", port), timeout=0.2) as second:
            for client in (first, second):
                client.sendall(b"question")
            assert first.recv(100) == b"answer"
            with pytest.raises(TimeoutError):
                second.recv(100)
            first.close()
            second.settimeout(SECONDS)
            assert second.recv(100) == b"answer"


class WithoutReaders(asyncio.SelectorEventLoop):
    """A loop without `add_reader`, as on Windows."""

    def add_reader(self, *_: object) -> None:
        raise NotImplementedError


def test_clients_are_accepted_where_the_loop_watches_no_descriptors(target: Target) -> None:
    with relayed(WithoutReaders(), target) as port:
        assert [_asked(port) for _ in range(CLIENTS)] == [b"answer"] * CLIENTS


class Short:
    """A server to which the first `times` connections fail for want of descriptors."""

    def __init__(self, target: Target, times: float) -> None:
        self.host = target.host
        self._target = target
        self._times = times

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol], /) -> asyncio.Transport:
        self._times -= 1
        if self._times >= 0:
            raise OSError(errno.EMFILE, "too many open files")
        return await self._target.connect(new_protocol)


def test_a_client_waits_while_nothing_is_left_for_its_connection_to_the_server(
    loop: asyncio.AbstractEventLoop, target: Target
) -> None:
    told: list[None] = []
    with relayed(loop, Short(target, 2), limit=ClientLimit(on_met=lambda: told.append(None))) as port:
        assert _asked(port) == b"answer"
    assert len(told) == 1


def test_clients_that_wait_for_one_another_do_not_wait_for_ever(
    loop: asyncio.AbstractEventLoop, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_SHORTAGE_SECONDS", 0.1)
    with relayed(loop, Short(target, math.inf)) as port, pytest.raises(ConnectionError):
        _asked(port)


def test_nobody_is_lost_while_nothing_is_left_to_accept_with(
    loop: asyncio.AbstractEventLoop, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, times = socket.socket.accept, iter(range(2))

    def short(self: socket.socket) -> object:
        if threading.current_thread().name == RELAY and next(times, None) is not None:
            raise OSError(errno.EMFILE, "too many open files")
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", short)
    told: list[None] = []
    with relayed(loop, target, limit=ClientLimit(on_met=lambda: told.append(None))) as port:
        assert _asked(port) == b"answer"
    assert next(times, None) is None
    assert len(told) == 1
