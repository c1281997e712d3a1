"""The relay itself, on each event loop: what clients and servers must not notice."""

import asyncio
import logging
import socket
import ssl
import threading

import pytest

from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.relay import Relay
from support.relays import SECONDS, client_of, target_of


class _Waiting:
    """A tap that blocks until the other side has the bytes; `late` is set if it waited in vain."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.late = False
        self.ended = threading.Event()
        self.disabled = self.answer_due = False

    def client_bytes(self, _: bytes, /) -> None:
        self.late |= not self.there.wait(SECONDS)
        self.there.clear()

    server_bytes = client_bytes

    def closed(self, *, by_server: bool, reset: bool) -> None:
        self.ended.set()


def test_bytes_are_with_the_other_side_before_they_are_counted(
    loop: asyncio.AbstractEventLoop, server: socket.socket
) -> None:
    tap = _Waiting()
    with client_of(loop, target_of(server), lambda: tap) as client:
        behind, _ = server.accept()
        with behind:
            behind.settimeout(SECONDS)
            for writer, reader in ((client, behind), (behind, client)) * 3:
                writer.sendall(b"some bytes")
                assert reader.recv(100) == b"some bytes"
                tap.there.set()
    assert tap.ended.wait(SECONDS)
    assert not tap.late


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

    with caplog.at_level(logging.WARNING), client_of(loop, target_of(server, tls[0])) as client:
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

    with client_of(loop, target_of(server, tls[0])) as client:
        thread = threading.Thread(target=speak)
        thread.start()
        try:
            assert client.recv(100)
            client.close()
            assert gone.wait(SECONDS)
        finally:
            given_up.set()
            thread.join()


def test_no_small_piece_waits_for_the_piece_before_it(loop: asyncio.AbstractEventLoop, server: socket.socket) -> None:
    async def options() -> list[int]:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        connections = Connections()
        relay = Relay(loop, target_of(server), connections)
        await relay.accept(listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"question")
        with (await loop.run_in_executor(None, server.accept))[0] as behind:
            assert await loop.run_in_executor(None, behind.recv, 100) == b"question"
            (client,) = connections
            ends = [end.transport.get_extra_info("socket") for end in (client, client.peer) if end and end.transport]
            found = [end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in ends]
        assert await reader.read() == b""
        writer.close()
        await connections.drained(SECONDS)
        relay.refuse()
        return found

    assert [bool(each) for each in loop.run_until_complete(options())] == [True, True]
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
