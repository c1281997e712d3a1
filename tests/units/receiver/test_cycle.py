"""An answer is written as uvicorn writes it, but a whole one at once; and the receiver answers under any server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from unittest.mock import AsyncMock, Mock

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.asgi import Programme, Receiver
from shimmy_metrics.receiver.deadline import DeadlineProtocol
from shimmy_metrics.receiver.server import Server
from shimmy_metrics.receiver.store import Outcome
from support.good_report import GOOD
from support.receiving import JSON, request
from support.samples import SESSION_ID, today

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Messages = Sequence[Mapping[str, Any]]

START: Final = "http.response.start"
BODY: Final = "http.response.body"
OWN: Final = partial(DeadlineProtocol, Mock())
LENGTH: Final = (b"content-length", b"3")
READ: Final = {"type": "the callable reads"}
LEAVE: Final = {"type": "the peer leaves"}
WHOLE: Final = ({"type": START, "status": 200, "headers": [LENGTH]}, {"type": BODY, "body": b"abc"})


class _Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if data:
            self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True


async def _answered(
    protocol: Callable[..., HttpToolsProtocol],
    messages: Messages,
    data: bytes,
    *,
    paused: bool = False,
    scopes: list[Mapping[str, Any]] | None = None,
) -> tuple[list[bytes], bool, list[type[BaseException]]]:
    """Return what is written, whether the connection is closed, and what the callable was told is wrong."""
    wrong: list[type[BaseException]] = []

    async def app(scope: Mapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]], send: Send) -> None:
        if scopes is not None:
            scopes.append(scope)
        for message in messages:
            try:
                if message is READ:
                    await receive()
                elif message is LEAVE:
                    made.connection_lost(None)
                else:
                    await send(message)
            except Exception as error:
                wrong.append(type(error))
                raise

    server = Server(app, None, Mock(), Mock())
    server.config.load()
    server.server_state.default_headers = [(b"date", b"now")]
    made = protocol(config=server.config, server_state=server.server_state, app_state={})
    transport = _Transport()
    made.connection_made(transport)
    if paused:
        made.pause_writing()
    made.data_received(data)
    if paused:
        for _ in range(5):
            await asyncio.sleep(0)
        assert not transport.written
        made.resume_writing()
    await asyncio.gather(*server.server_state.tasks)
    answered = transport.written, transport.closing, wrong
    made.connection_lost(None)
    return answered


def _headers(*headers: tuple[bytes, bytes], status: int = 200) -> Mapping[str, Any]:
    return {"type": START, "status": status, "headers": [*headers]}


GET: Final = request("GET", "/", [])
ASKING: Final = request("POST", "/", [("content-length", "1"), ("expect", "100-continue")])


@pytest.mark.parametrize(
    ("messages", "data"),
    [
        (WHOLE, GET),
        (WHOLE, GET.replace(b"GET", b"HEAD")),
        (WHOLE, GET.replace(b"1.1", b"1.0")),
        (WHOLE, request("GET", "/", [("connection", "close")])),
        (WHOLE, request("POST", "/", [("content-length", "1")]) + b"a"),
        (WHOLE, ASKING),
        ((READ, *WHOLE), ASKING + b"a"),
        ((WHOLE[0], READ, WHOLE[1]), ASKING + b"a"),
        ((LEAVE, *WHOLE), GET),
        ((_headers((b"Content-Length", b"3"), (b"X", b"y"), status=503), WHOLE[1]), GET),
        ((_headers(), {"type": BODY, "body": b"abc"}), GET),
        ((_headers((b"transfer-encoding", b"chunked")), {"type": BODY, "body": b"abc"}), GET),
        ((_headers(LENGTH, (b"connection", b"close")), WHOLE[1]), GET),
        ((_headers(status=204), {"type": BODY}), GET),
        ((_headers((b"content-length", b"0"), status=404), {"type": BODY}), GET),
        ((WHOLE[0], {"type": BODY, "body": b"a", "more_body": True}, {"type": BODY, "body": b"bc"}), GET),
        ((WHOLE[0], {"type": BODY, "body": b"abc", "more_body": True}, {"type": BODY}), GET),
        ((WHOLE[0], {"type": BODY, "body": b"abcd"}), GET),
        ((WHOLE[0], {"type": BODY, "body": b"ab"}), GET),
        ((_headers(LENGTH, LENGTH), WHOLE[1]), GET),
        ((_headers((b"content-length", b"03")), WHOLE[1]), GET),
        ((_headers(LENGTH, (b"a b", b"c")), WHOLE[1]), GET),
        ((_headers(LENGTH, (b"a", b"b\r\nc: d")), WHOLE[1]), GET),
        ((WHOLE[0], WHOLE[0]), GET),
        ((*WHOLE, WHOLE[1]), GET),
        ((*WHOLE, WHOLE[0]), GET),
        ((WHOLE[1],), GET),
        ((), GET),
    ],
)
async def test_whatever_an_answer_is_its_bytes_are_uvicorn_s(messages: Messages, data: bytes) -> None:
    own, closed, wrong = await _answered(OWN, messages, data)
    theirs, closed_too, wrong_too = await _answered(HttpToolsProtocol, messages, data)
    assert (b"".join(own), closed, wrong) == (b"".join(theirs), closed_too, wrong_too)


@pytest.mark.parametrize(
    "line",
    [
        b"GET /v1/usage HTTP/1.1",
        b"POST /a%20b/%75sage?c=%20d HTTP/1.0",
        b"DELETE http://receiver/a?b#c HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT receiver:80 HTTP/1.1",
        b"GET /caf\xe9 HTTP/1.1",
        b"GET /%ff HTTP/1.1",
        b"GET // HTTP/1.1",
        b"GET ?a HTTP/1.1",
    ],
)
async def test_a_request_is_told_of_as_uvicorn_tells(line: bytes) -> None:
    told: list[list[Mapping[str, Any]]] = []
    for protocol in (OWN, HttpToolsProtocol):
        told.append([])
        await _answered(protocol, WHOLE, line + b"\r\nA: b\r\nExpect: 100-continue\r\n\r\n", scopes=told[-1])
    assert told[0] == told[1]


async def test_a_whole_answer_is_written_at_once_and_again_under_the_head_of_its_own_length() -> None:
    for body in (b"abc", b"abcd", b"abc"):
        length = b"%d" % len(body)
        messages = (_headers((b"content-length", length)), {"type": BODY, "body": body})
        written, closed, _ = await _answered(OWN, messages, GET)
        head = b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: %b\r\n\r\n" % length
        assert (written, closed) == ([head + body], False)


async def test_where_the_peer_does_not_read_an_answer_waits() -> None:
    written, _, _ = await _answered(OWN, WHOLE, GET, paused=True)
    assert b"".join(written).endswith(b"\r\n\r\nabc")


async def test_an_old_client_is_not_told_to_go_on() -> None:
    written, closed, _ = await _answered(OWN, (READ, *WHOLE), ASKING.replace(b"1.1", b"1.0") + b"a")
    assert b"".join(written).startswith(b"HTTP/1.1 200 OK\r\n")
    assert closed


async def test_whoever_has_left_gets_nothing_any_more() -> None:
    assert (await _answered(OWN, (WHOLE[0], LEAVE, WHOLE[1]), GET))[0] == []


async def test_a_callable_that_fails_before_its_body_lets_the_connection_close() -> None:
    written, closed, _ = await _answered(OWN, WHOLE[:1], GET)
    assert (written, closed) == ([], True)


async def test_another_server_has_the_same_answers_from_the_receiver() -> None:
    async def store(reports: Sequence[Accepted]) -> list[Outcome]:
        return [Outcome.STORED for _ in reports]

    receiver = Receiver(store, Mock(), Programme, Mock(), today=today)
    transport = httpx.ASGITransport(receiver)
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
        taken = await client.post("/v1/usage", content=GOOD, headers=dict(JSON))
        assert (taken.status_code, taken.json()["stored"]) == (200, [SESSION_ID])
        assert (await client.post("/v1/usage", content=GOOD)).status_code == 415
        assert (await client.get("/v1/usage")).headers["allow"] == "POST"
        assert (await client.get("/v1/usage?a=b")).status_code == 404


async def test_a_server_need_not_know_the_path_as_it_was_sent() -> None:
    sent = AsyncMock()
    receiver = Receiver(Mock(), Mock(), Programme, Mock())
    for raw in ({}, {"raw_path": None}):
        await receiver({"method": "GET", "path": "/v1/usage", "headers": [], **raw}, AsyncMock(), sent)
    assert [each.args[0]["status"] for each in sent.await_args_list[::2]] == [405, 405]
