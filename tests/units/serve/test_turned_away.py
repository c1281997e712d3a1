"""A request whose server is unreachable counts as one request and one failure; its client sees a reset."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.serve import ends
from shimmy_metrics.serve.interfaces import Tap
from shimmy_metrics.serve.target import Target
from support.installed import wait_until
from support.relays import SECONDS, held_up, relayed, target_of
from support.wire import CHAT, Seen, answer, request

HEALTH = request("/health", "GET")
RESET = struct.pack("ii", 1, 0)


class Seers:
    """Makes taps, and collects the exchanges that they saw."""

    def __init__(self) -> None:
        self._seen: list[Seen] = []

    def new_tap(self) -> Tap:
        self._seen.append(Seen())
        return self._seen[-1].tap

    @property
    def exchanges(self) -> list[Exchange]:
        return [each for seen in self._seen for each in seen.exchanges]

    def failures(self) -> list[bool]:
        return [each.failed for each in self.exchanges]


@pytest.fixture
def seers() -> Seers:
    return Seers()


def _asked(port: int, asked: bytes, on_sent: Callable[[], None] = lambda: None) -> type[BaseException] | bytes:
    """Return what a client that sends this gets: an answer, or the error of its connection."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
            client.sendall(asked)
            on_sent()
            return client.recv(1_000)
    except OSError as error:
        return type(error)


def _asks(client: socket.socket, server: socket.socket) -> socket.socket:
    """Send a request; return the server's end of the connection on which it came."""
    client.sendall(CHAT)
    behind, _ = server.accept()
    behind.settimeout(SECONDS)
    assert behind.recv(len(CHAT)) == CHAT
    return behind


def _nobody() -> Target:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return target_of(probe)


@pytest.mark.parametrize("cuts", [[], [10], [len(CHAT) - 1]])
def test_a_request_while_the_server_is_down_is_one_failure(
    loop: asyncio.AbstractEventLoop, seers: Seers, cuts: list[int]
) -> None:
    with relayed(loop, _nobody(), seers.new_tap) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
            for begin, end in zip([0, *cuts], [*cuts, len(CHAT)], strict=True):
                client.sendall(CHAT[begin:end])
                time.sleep(0.02)
            with pytest.raises(ConnectionResetError):
                client.recv(1_000)
        assert _asked(port, CHAT) is ConnectionResetError
        assert _asked(port, HEALTH) is ConnectionResetError
    assert seers.failures() == [True, True]


def test_who_asks_nothing_is_reset_soon_and_counts_nothing(
    loop: asyncio.AbstractEventLoop, seers: Seers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ends.REQUEST_SECONDS == 1.0
    monkeypatch.setattr(ends, "REQUEST_SECONDS", 0.1)
    with relayed(loop, _nobody(), seers.new_tap) as port:
        assert _asked(port, b"") is ConnectionResetError
        assert _asked(port, CHAT[:50]) is ConnectionResetError
        assert _asked(port, b"\x16\x03\x01 no HTTP") is ConnectionResetError
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
    assert seers.failures() == []


def test_an_unmeasured_client_is_reset_at_once(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "REQUEST_SECONDS", 3 * SECONDS)
    with relayed(loop, _nobody()) as port:
        assert _asked(port, b"") is ConnectionResetError  # and no time-out


def test_a_server_that_has_ended_gets_no_byte(
    loop: asyncio.AbstractEventLoop, server: socket.socket, seers: Seers
) -> None:
    with relayed(loop, target_of(server), seers.new_tap, admits=lambda: False) as port:
        assert _asked(port, CHAT) is ConnectionResetError
        with server.accept()[0] as behind:
            behind.settimeout(SECONDS)
            with contextlib.suppress(ConnectionResetError):
                assert behind.recv(100) == b""
    assert seers.failures() == [True]


def _closes(behind: socket.socket) -> None:
    behind.close()


def _resets(behind: socket.socket) -> None:
    behind.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    behind.close()


def _resets_later(behind: socket.socket) -> None:
    behind.recv(1_000)
    _resets(behind)


def _closes_later(behind: socket.socket) -> None:
    behind.recv(1_000)
    behind.close()


def _listens_only(behind: socket.socket) -> None:
    behind.shutdown(socket.SHUT_WR)
    while behind.recv(1_000):
        pass
    behind.close()


@pytest.mark.parametrize("ends_it", [_closes, _closes_later, _listens_only, _resets_later])
def test_a_server_that_accepts_and_answers_nothing_is_a_failure(
    loop: asyncio.AbstractEventLoop, server: socket.socket, seers: Seers, ends_it: Callable[[socket.socket], None]
) -> None:
    with relayed(loop, target_of(server), seers.new_tap) as port:
        sent = threading.Event()

        def serve() -> None:
            behind, _ = server.accept()
            sent.wait(SECONDS)  # a connection that ends before anything was asked on it is no failure
            ends_it(behind)

        thread = threading.Thread(target=serve)
        thread.start()
        assert _asked(port, CHAT, sent.set) in (b"", ConnectionResetError, BrokenPipeError)
        thread.join()
        assert wait_until(lambda: seers.failures() == [True])


def test_what_was_asked_before_the_server_reset_its_connection_is_a_failure(
    loop: asyncio.AbstractEventLoop, server: socket.socket, seers: Seers
) -> None:
    with (
        relayed(loop, target_of(server), seers.new_tap) as port,
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client,
    ):
        behind = _asks(client, server)
        behind.sendall(answer(b"{}"))
        assert client.recv(1_000)
        with held_up(loop):
            _resets(behind)  # in the relay's turn this comes before the client's request is read
            client.sendall(CHAT)
        with pytest.raises(ConnectionResetError):
            client.recv(1_000)
        assert wait_until(lambda: len(seers.exchanges) == 2)
    assert seers.failures() == [False, True]


def test_a_client_that_leaves_is_no_failure(
    loop: asyncio.AbstractEventLoop, server: socket.socket, seers: Seers
) -> None:
    with relayed(loop, target_of(server), seers.new_tap) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
            behind = _asks(client, server)
        with behind:
            assert behind.recv(100) == b""
    assert seers.failures() == [False]


@pytest.mark.parametrize(("ends_it", "failed"), [(_closes, False), (_resets, True)])
def test_an_answer_as_long_as_its_connection_is_whole_unless_that_breaks_off(
    loop: asyncio.AbstractEventLoop,
    server: socket.socket,
    seers: Seers,
    ends_it: Callable[[socket.socket], None],
    failed: bool,
) -> None:
    told = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"
    with (
        relayed(loop, target_of(server), seers.new_tap) as port,
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client,
    ):
        behind = _asks(client, server)
        behind.sendall(told)
        assert client.recv(1_000) == told
        ends_it(behind)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1_000) == b""
    assert seers.failures() == [failed]
