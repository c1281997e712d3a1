"""The relay itself, on each event loop that `serve` may run on: what a client must never wait for."""

import asyncio
import importlib
import importlib.util
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shimmy_metrics.serve.relay import Relay, Tap, Target

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


@contextmanager
def _relaying(loop: asyncio.AbstractEventLoop, new_tap: Callable[[], Tap]) -> Iterator[tuple[int, socket.socket]]:
    """Run a relay in a thread; yield the port for clients, and the socket on which its server listens."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server.settimeout(SECONDS)
        relay = Relay(loop, Target("127.0.0.1", server.getsockname()[1]), new_tap=new_tap)
        loop.run_until_complete(relay.accept(listener))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield listener.getsockname()[1], server
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            relay.refuse()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()


def test_bytes_are_with_the_other_side_before_they_are_counted(loop: asyncio.AbstractEventLoop) -> None:
    tap = _Waiting()
    with _relaying(loop, lambda: tap) as (port, server):
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
            behind, _ = server.accept()
            with behind:
                behind.settimeout(SECONDS)
                for writer, reader in ((client, behind), (behind, client)) * 3:
                    writer.sendall(b"some bytes")
                    assert reader.recv(100) == b"some bytes"
                    tap.there.set()
        assert tap.ended.wait(SECONDS)
    assert not tap.late
