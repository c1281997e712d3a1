"""What the tests of other HTTP parsers recorded, some nine hundred streams, lawful and not: all of it passes unchanged.

The packages are downloaded for it (`pytest -m long tests/promises/test_streams_of_other_parsers.py`, five minutes);
nothing of theirs is kept here.
"""

import asyncio
import importlib
import importlib.util
import random
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.target import Target
from support.corpora.streams import Stream

SECONDS = 10.0
ASKED = b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWERED = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


class _Line:
    """A relay that measures, in a thread of its own; a client before it, a server behind it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(SECONDS)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self._address = listener.getsockname()
        self._loop = loop
        host, port = self._server.getsockname()
        self._connections = Connections()
        self._relay = Relay(loop, Target(host, port, None, None), self._connections, new_tap=_new_tap)
        loop.run_until_complete(self._relay.accept(listener))
        self._thread = threading.Thread(target=loop.run_forever)
        self._thread.start()

    def joined(self) -> tuple[socket.socket, socket.socket]:
        """Return both ends of a new connection."""
        client = socket.create_connection(self._address, timeout=SECONDS)
        server, _ = self._server.accept()
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(SECONDS)
        return client, server

    def close(self) -> None:
        """End the relay; connections that still hang fail the test that left them."""
        asyncio.run_coroutine_threadsafe(self._connections.drained(SECONDS), self._loop).result()
        left = len(self._connections)
        self._loop.call_soon_threadsafe(self._relay.refuse)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._server.close()
        assert left == 0


def _new_tap() -> Tap:
    return Tap(lambda _: None, lambda _: b"8 bytes.", lambda: 0.0)


@pytest.fixture(params=["asyncio", "uvloop"])
def line(request: pytest.FixtureRequest) -> Iterator[_Line]:
    assert importlib.util.find_spec(request.param) is not None, "uvloop is wanted for it"
    with closing(_Line(importlib.import_module(request.param).new_event_loop())) as made:
        yield made


def _until_its_end(end: socket.socket) -> bytes:
    received = b""
    while piece := end.recv(1 << 16):
        received += piece
    return received


def _send(end: socket.socket, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        end.sendall(piece)
    end.shutdown(socket.SHUT_WR)


def _pass(line: _Line, stream: Stream, pieces: Sequence[bytes]) -> None:
    client, server = line.joined()
    with client, server:
        if stream.is_answer:
            _send(client, [ASKED])
            assert _until_its_end(server) == ASKED
            _send(server, pieces)
            assert _until_its_end(client) == stream.data
        else:
            _send(client, pieces)
            assert _until_its_end(server) == stream.data
            _send(server, [ANSWERED])
            assert _until_its_end(client) == ANSWERED


def _cut(data: bytes, how: str, draw: random.Random) -> list[bytes]:
    if how == "whole":
        return [data]
    if how == "by bytes":
        return [data[at : at + 1] for at in range(min(len(data), 5_000))] + [data[5_000:]] * (len(data) > 5_000)
    places = sorted(draw.randrange(len(data) + 1) for _ in range(draw.randrange(1, 9)))
    return [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True) if begin < end]


@pytest.mark.long
@pytest.mark.parametrize("how", ["whole", "by bytes", "at random"])
def test_each_stream_arrives_as_it_was_sent_and_ends_as_it_ended(line: _Line, recorded: list[Stream], how: str) -> None:
    draw = random.Random(how)
    for stream in recorded:
        try:
            _pass(line, stream, _cut(stream.data, how, draw))
        except (AssertionError, OSError) as error:
            raise AssertionError(f"{stream.origin}: {stream.data[:300]!r}, {how}") from error
