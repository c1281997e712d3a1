"""An upstream's name may get another address while the proxy runs: it is looked up again, and no client waits."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shimmy_metrics.serve import route as route_module
from shimmy_metrics.serve.route import Route
from shimmy_metrics.serve.upstream import parse_url, reach
from support.installed import wait_until
from support.relays import SECONDS, relayed, to_the_end

NAME = "server.test"


class Names:
    """A resolver that knows one name; while `hangs` is cleared, it does not answer."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.hangs = threading.Event()
        self.hangs.set()
        self.asked = 0
        self._real = socket.getaddrinfo

    def getaddrinfo(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - the real signature
        if host != NAME:
            return self._real(host, port, *more, **named)
        self.asked += 1
        self.hangs.wait(SECONDS)
        if not self.hosts:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in self.hosts]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names("127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    return made


@contextmanager
def _server(host: str, port: int = 0) -> Iterator[int]:
    """Answer each connection with the host's own address; yield the port."""
    with socket.create_server((host, port)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with listening.accept()[0] as behind:
                        behind.recv(100)
                        behind.sendall(host.encode())

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _reached(loop: asyncio.AbstractEventLoop, port: int) -> Route:
    return loop.run_until_complete(reach(parse_url(f"http://{NAME}:{port}"), {}))


def _asked(port: int) -> bytes:
    """Return the answer that a client gets, empty if its connection fails."""
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client,
    ):
        client.sendall(b"question")
        return to_the_end(client)
    return b""


def test_the_client_that_meets_a_dead_address_gets_the_new_one(loop: asyncio.AbstractEventLoop, names: Names) -> None:
    with _server("127.0.0.1") as port:
        route = _reached(loop, port)
    with _server("127.0.0.2", port), relayed(loop, route) as relay:
        assert _asked(relay) == b""  # the name still has its old address
        assert route.host == "127.0.0.1"
        names.hosts = ("127.0.0.2",)
        assert _asked(relay) == b"127.0.0.2"
        assert route.host == "127.0.0.2"
        asked = names.asked
        assert _asked(relay) == b"127.0.0.2"
        assert names.asked == asked


def test_every_address_of_the_name_is_tried(loop: asyncio.AbstractEventLoop, names: Names) -> None:
    with _server("127.0.0.1") as port:
        route = _reached(loop, port)
        names.hosts = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
    with _server("127.0.0.3", port), relayed(loop, route) as relay:
        assert _asked(relay) == b"127.0.0.3"


def test_a_look_up_that_fails_leaves_the_address_in_use(loop: asyncio.AbstractEventLoop, names: Names) -> None:
    with _server("127.0.0.1") as port:
        route = _reached(loop, port)
        names.hosts = ()
        with relayed(loop, route) as relay:
            asyncio.run_coroutine_threadsafe(route._look_up(None), loop).result(SECONDS)
            assert names.asked == 2
            assert _asked(relay) == b"127.0.0.1"


def test_a_name_is_looked_up_again_behind_the_connections(
    loop: asyncio.AbstractEventLoop, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert route_module.LOOK_UP_EVERY_SECONDS == 30.0
    monkeypatch.setattr(route_module, "LOOK_UP_EVERY_SECONDS", 0.01)
    with _server("127.0.0.1") as port, _server("127.0.0.2", port):
        route = _reached(loop, port)
        with relayed(loop, route) as relay:
            following = asyncio.run_coroutine_threadsafe(route.follow(), loop)
            names.hangs.clear()
            names.hosts = ("127.0.0.2", "127.0.0.1")
            assert wait_until(lambda: names.asked == 2)
            before = time.monotonic()
            assert _asked(relay) == b"127.0.0.1"  # although a look-up is still open
            assert time.monotonic() - before < SECONDS / 2
            names.hangs.set()
            assert wait_until(lambda: names.asked > 3)
            assert _asked(relay) == b"127.0.0.1"  # the name still has it
            names.hosts = ("127.0.0.2",)
            assert wait_until(lambda: _asked(relay) == b"127.0.0.2")
            following.cancel()


def test_an_address_is_not_looked_up(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    with _server("127.0.0.1") as port:
        route = loop.run_until_complete(reach(parse_url(f"http://127.0.0.1:{port}"), {}))
    with relayed(loop, route) as relay:
        real = socket.getaddrinfo
        threads: list[str] = []

        def noted(*asked: Any, **named: Any) -> Any:  # noqa: ANN401 - the real signature
            threads.append(threading.current_thread().name)
            return real(*asked, **named)

        monkeypatch.setattr(socket, "getaddrinfo", noted)
        assert _asked(relay) == b""
        assert "look-up" not in threads
