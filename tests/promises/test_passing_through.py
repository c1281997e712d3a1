"""Whatever passes through the meter arrives as it was sent, byte for byte, and when it was sent."""

import json
import random
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import trustme

from support import upstream
from support.installed import Home, announced, stop
from support.processes import no_sender
from support.relays import REFUSED, answering_early, post_too_much
from support.servers import free_port, wait_for
from support.upstream import ANSWERS, Upstream

CONNECTIONS: Final = 100
EXCHANGES_EACH: Final = 10
UNCOUNTED: Final = "/health"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    assert home.metrics("enable").returncode == 0
    return home


@pytest.fixture
def server() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def _request(draw: random.Random) -> bytes:
    """Return one request of some kind."""
    kind = draw.randrange(10)
    if kind == 0:
        return f"HEAD {draw.choice(list(ANSWERS))} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    if kind == 1:
        body = draw.randbytes(draw.randrange(20_000))
        continues = "Expect: 100-continue\r\n" if draw.random() < 0.3 else ""
        return f"POST /upload HTTP/1.1\r\nHost: x\r\n{continues}Content-Length: {len(body)}\r\n\r\n".encode() + body
    if kind == 2:
        pieces = [draw.randbytes(draw.randrange(1, 300)) for _ in range(draw.randrange(1, 9))]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        return b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    path = draw.choice([*ANSWERS, "/no/such/route"])
    asked = json.dumps({"model": "m", "stream": draw.random() < 0.5}).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(asked)}\r\n\r\n".encode() + asked


def _conversation(draw: random.Random) -> list[bytes]:
    """Return the requests of one connection, the last of which ends it."""
    asked = [_request(draw) for _ in range(EXCHANGES_EACH)]
    asked[-1] = asked[-1].replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n", 1)
    return asked


def _exchange(port: int, asked: list[bytes]) -> bytes:
    """Send all requests, one behind the other, and return everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"".join(asked))
        return _to_the_end(connection)


def _to_the_end(connection: socket.socket) -> bytes:
    told = b""
    while data := connection.recv(65_536):
        told += data
    return told


def test_a_thousand_mixed_exchanges_are_the_same_bytes_with_the_meter_and_without(home: Home, server: Upstream) -> None:
    draw = random.Random(20_261_124)
    conversations = [_conversation(draw) for _ in range(CONNECTIONS)]
    port = free_port()
    with home.started("serve", "--upstream", server.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        for asked in conversations:
            assert _exchange(port, asked) == _exchange(server.port, asked)
        stop(process)
    no_sender(home)
    (session,) = json.loads(home.metrics("export").stdout)["sessions"]
    counted = session["counters"]["requests"]  # as it was counted; its report says two digits of it
    everything = [request for asked in conversations for request in asked]
    assert len(everything) == 1_000
    assert counted == sum(request.split(b" ", 2)[1] != UNCOUNTED.encode() for request in everything)


def test_a_piece_of_a_stream_arrives_before_the_next_is_sent(home: Home, server: Upstream) -> None:
    port = free_port()
    upstream.SLOW.clear()
    with home.started("serve", "--upstream", server.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            told = b""
            while upstream.EVENTS[0] not in told:
                told += connection.recv(65_536)
            assert upstream.EVENTS[1] not in told
            upstream.SLOW.set()
            told += _to_the_end(connection)
        assert told.endswith(b"0\r\n\r\n")
        stop(process)


def test_an_upgraded_connection_carries_anything_both_ways(home: Home, server: Upstream) -> None:
    port = free_port()
    sent = random.Random(7).randbytes(300_000)
    with home.started("serve", "--upstream", server.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /ws/generate HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
            told = b""
            while b"\r\n\r\n" not in told:
                told += connection.recv(65_536)
            assert told.startswith(b"HTTP/1.1 101 ")
            back = b""
            for start in range(0, len(sent), 10_000):
                connection.sendall(sent[start : start + 10_000])
                while len(back) < min(start + 10_000, len(sent)):
                    back += connection.recv(65_536)
        assert back == sent
        stop(process)


def test_a_client_that_resets_its_connection_takes_nobody_with_it(home: Home, server: Upstream) -> None:
    port = free_port()
    with home.started("serve", "--upstream", server.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        for _ in range(20):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        asked = [b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]
        assert _exchange(port, asked) == ANSWERS["/v1/completions"]
        assert announced(process)
        code, _, err = stop(process)
    assert code < 0
    assert err == ""


def test_an_answer_before_the_whole_request_was_read_arrives_over_tls_and_nothing_is_said(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    authority.issue_cert("127.0.0.1").configure_cert(context)
    home, port = Home(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}), free_port()
    with socket.create_server(("127.0.0.1", 0)) as listening, answering_early(listening, context):
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with home.started("serve", "--upstream", url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert [post_too_much(port) for _ in range(50)] == [REFUSED] * 50
            assert announced(process)
            _, _, err = stop(process)
    assert err == ""
