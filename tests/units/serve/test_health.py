"""What the server says about itself: which answers identify it, and how often it is asked."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from shimmy_metrics.serve import health
from shimmy_metrics.serve.health import HealthPoll, ServerIdentity, parse_identity
from shimmy_metrics.serve.target import Target
from support.relays import SECONDS, target_of

SHIMMY = b'HTTP/1.1 200 OK\r\n\r\n{"service":"shimmy","version":"2.6.5"}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (SHIMMY, ServerIdentity("shimmy", "2.6.5")),
        (SHIMMY.replace(b"1.1", b"1.0"), ServerIdentity("shimmy", "2.6.5")),
        (SHIMMY.replace(b"2.6.5", b"v2 of somebody"), ServerIdentity("shimmy", "")),
        (SHIMMY.replace(b'"shimmy"', b'"other"'), ServerIdentity()),
        (b"HTTP/1.1 200 OK\r\n\r\n", ServerIdentity()),  # vLLM
        (b'HTTP/1.1 200 OK\r\n\r\n{"status":"ok"}', ServerIdentity()),  # llama.cpp
        (b"HTTP/1.1 404 Not Found\r\n\r\n404 page not found", ServerIdentity()),  # Ollama
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 50_000, ServerIdentity()),
        (b'HTTP/1.1 503 Service Unavailable\r\n\r\n{"error":{"message":"Loading model"}}', None),  # llama.cpp, at first
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", None),
        (b"HTTP/1.1 429 Too Many Requests\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\n", None),  # incomplete
        (b"HTTP/2 200\r\n\r\n", None),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", None),
        (b"", None),
    ],
)
def test_a_name_is_taken_from_what_answers(answer: bytes, expected: ServerIdentity | None) -> None:
    assert parse_identity(answer) == expected


class Server:
    """Gives the answer that it was set to, and counts requests."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked = 0
        self.told: list[ServerIdentity] = []

    @asynccontextmanager
    async def polled(self, *, alive: bool = True) -> AsyncIterator[HealthPoll]:
        """Listen on a free port while entered, and yield a poll of this server."""
        async with await asyncio.start_server(self.answered, "127.0.0.1", 0) as listening:
            target = Target("127.0.0.1", listening.sockets[0].getsockname()[1])
            poll = HealthPoll(target, "127.0.0.1", lambda: alive)
            yield poll
            poll.stop()

    async def answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
        writer.write(self.answer)
        writer.close()


async def _within(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:  # noqa: ASYNC110 - waits for any condition
        await asyncio.sleep(0.002)
    return true()


def test_while_there_is_no_answer_the_pauses_double_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ASK_AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(health, "ASK_LAST_SECONDS", 0.2)

    async def play() -> None:
        server = Server(b"")
        async with server.polled() as poll:
            poll.ask(server.told.append)
            poll.ask(server.told.append)  # ignored: one question at a time
            began = time.monotonic()
            assert await _within(lambda: server.asked == 5, 10)
            assert time.monotonic() - began >= 0.1 + 3 * 0.2
            server.answer = SHIMMY
            assert await _within(lambda: bool(server.told), 10)
            assert not await _within(lambda: server.asked > 6, 0.5)
        assert server.told == [ServerIdentity("shimmy", "2.6.5")]

    asyncio.run(play())


def test_an_answer_holds_for_a_while_or_until_it_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ASK_LAST_SECONDS", 2.0)

    async def play() -> None:
        server = Server(SHIMMY)
        async with server.polled() as poll:
            poll.ask_again(server.told.append)
            assert await _within(lambda: len(server.told) == 1, 10)
            poll.ask_again(server.told.append)
            assert not await _within(lambda: len(server.told) == 2, 0.2)
            poll.doubt()
            poll.ask_again(server.told.append)
            assert await _within(lambda: len(server.told) == 2, 1)
            await asyncio.sleep(2)
            poll.ask_again(server.told.append)
            assert await _within(lambda: len(server.told) == 3, 10)

    asyncio.run(play())


class Moving:
    """The way to a server, under whatever address it is said to have."""

    def __init__(self, target: Target) -> None:
        self.host = target.host
        self.connect = target.connect


def test_an_answer_from_another_address_is_not_trusted() -> None:
    async def play() -> None:
        server = Server(SHIMMY)
        async with await asyncio.start_server(server.answered, "127.0.0.1", 0) as listening:
            moving = Moving(Target("127.0.0.1", listening.sockets[0].getsockname()[1]))
            poll = HealthPoll(moving, "127.0.0.1")
            poll.ask(server.told.append)
            assert await _within(lambda: len(server.told) == 1, SECONDS)
            poll.ask_again(server.told.append)
            assert not await _within(lambda: server.asked == 2, 0.2)
            moving.host = "127.0.0.2"
            poll.ask_again(server.told.append)
            assert await _within(lambda: len(server.told) == 2, SECONDS)
            poll.ask_again(server.told.append)
            assert not await _within(lambda: server.asked == 3, 0.2)

    asyncio.run(play())


def test_a_server_that_has_ended_is_not_asked() -> None:
    async def play() -> None:
        server = Server(SHIMMY)
        async with server.polled(alive=False) as poll:
            poll.ask(server.told.append)
            assert not await _within(lambda: server.asked > 0, 0.2)
        assert server.told == []

    asyncio.run(play())


@pytest.mark.parametrize("secure", [False, True])
def test_a_server_is_asked_on_each_loop_and_over_tls(
    loop: asyncio.AbstractEventLoop,
    server: socket.socket,
    tls: tuple[ssl.SSLContext, ssl.SSLContext],
    *,
    secure: bool,
) -> None:
    asked: list[bytes] = []

    def answer() -> None:
        accepted, _ = server.accept()
        with tls[1].wrap_socket(accepted, server_side=True) if secure else accepted as behind:
            asked.append(behind.recv(1_000))
            behind.sendall(SHIMMY)

    async def play() -> list[ServerIdentity]:
        told: list[ServerIdentity] = []
        poll = HealthPoll(target_of(server, tls[0] if secure else None), "localhost:11435", lambda: True)
        poll.ask(told.append)
        await _within(lambda: bool(told), SECONDS)
        return told

    answering = threading.Thread(target=answer)
    answering.start()
    try:
        assert loop.run_until_complete(play()) == [ServerIdentity("shimmy", "2.6.5")]
    finally:
        answering.join()
        loop.close()
    assert asked == [b"GET /health HTTP/1.0\r\nHost: localhost:11435\r\n\r\n"]
