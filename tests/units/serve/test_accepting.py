"""Clients above the limit wait for their turn and none is reset; it is told once a minute, on each event loop."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shimmy_metrics.serve import accepting
from shimmy_metrics.serve.client_limit import ClientLimit
from support.relays import SECONDS, relayed, target_of

CLIENTS = 12
ROOM = 3


class Counted:
    """A server that answers every connection with its name, and the most connections that it had at once."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._inside = threading.Lock()
        self._now = 0
        self.most = 0

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=(self._listening.accept()[0],)).start()

    def _answer(self, behind: socket.socket) -> None:
        with self._inside:
            self._now += 1
            self.most = max(self.most, self._now)
        with behind:
            while behind.recv(100):
                time.sleep(0.02)
                behind.sendall(b"answer")
        with self._inside:
            self._now -= 1


@pytest.fixture
def counted(server: socket.socket) -> Iterator[Counted]:
    made = Counted(server)
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made
    server.shutdown(socket.SHUT_RDWR)
    thread.join()


def _asked(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        client.sendall(b"question")
        return client.recv(100)


def test_everybody_is_served_and_the_limit_is_told_once_a_minute(
    loop: asyncio.AbstractEventLoop, server: socket.socket, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accepting.TOLD_EVERY_SECONDS == 60.0
    monkeypatch.setattr(accepting, "TOLD_EVERY_SECONDS", 0.5)
    told: list[None] = []
    limit = ClientLimit(ROOM, lambda: told.append(None))
    with relayed(loop, target_of(server), limit=limit) as port, ThreadPoolExecutor(CLIENTS) as many:
        assert list(many.map(_asked, [port] * CLIENTS)) == [b"answer"] * CLIENTS
        assert len(told) == 1
        time.sleep(0.6)
        assert list(many.map(_asked, [port] * ROOM)) == [b"answer"] * ROOM
        assert len(told) == 1  # nobody waited
        assert list(many.map(_asked, [port] * CLIENTS)) == [b"answer"] * CLIENTS
        assert len(told) == 2
    assert counted.most <= ROOM


def test_a_client_that_waits_is_let_in_when_another_leaves(
    loop: asyncio.AbstractEventLoop, server: socket.socket, counted: Counted
) -> None:
    with relayed(loop, target_of(server), limit=ClientLimit(1)) as port:
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
    assert counted.most == 1


class WithoutReaders(asyncio.SelectorEventLoop):
    """A loop that watches no descriptor for its users, as the one on Windows."""

    def add_reader(self, *_: object) -> None:
        raise NotImplementedError


def test_clients_are_accepted_where_the_loop_watches_no_descriptors(server: socket.socket, counted: Counted) -> None:
    with relayed(WithoutReaders(), target_of(server)) as port:
        assert [_asked(port) for _ in range(CLIENTS)] == [b"answer"] * CLIENTS
    assert counted.most >= 1
