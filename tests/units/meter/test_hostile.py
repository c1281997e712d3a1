"""Hostile bytes: never an error, never a guess, never more memory; and any cut into reads tells the same."""

import re
import tracemalloc

import pytest

from shimmy_metrics.limits import HEAD_BYTES, KEPT_BYTES
from shimmy_metrics.meter import http1
from shimmy_metrics.meter.http1 import _HEAD
from support.conversations import OPEN_STREAM
from support.hostile_heads import NO_BODIES, NO_REQUESTS
from support.wire import (
    CHAT,
    SWITCH,
    UPGRADE,
    USAGE,
    Seen,
    answer,
    chat,
    delta,
    frame,
    pass_cut,
    request,
)


@pytest.mark.parametrize("data", NO_REQUESTS)
def test_what_is_not_plainly_http_makes_it_blind_and_keeps_nothing(data: bytes) -> None:
    seen = Seen()
    seen.tap.client_bytes(data)
    assert seen.tap.disabled
    assert seen.tap._from_client._buffer == b""
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(answer(chat(usage=USAGE)))
    seen.tap.closed(by_server=True)
    assert seen.exchanges == []


@pytest.mark.parametrize("data", NO_BODIES)
@pytest.mark.parametrize(("status", "failed"), [("400 Bad Request", True), ("200 OK", False)])
def test_behind_a_body_that_is_not_plain_there_is_no_request(data: bytes, status: str, failed: bool) -> None:
    seen = Seen()
    hidden = b"GET /api/tags HTTP/1.1\r\n\r\n"
    seen.tap.client_bytes(hidden + data + hidden)
    seen.tap.client_bytes(hidden)
    assert seen.tap._from_client._buffer == b""
    seen.tap.server_bytes(answer(b"{}") + answer(b"{}", status=status) + answer(b"{}"))
    assert [(each.route, each.failed) for each in seen.exchanges] == [("/api/tags", False), ("/v1/models", failed)]
    assert seen.tap.disabled


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"<html>not HTTP at all</html>",
        b"SSH-2.0-x\r\n" + b"x" * HEAD_BYTES,
        answer(b"{}") + answer(b"{}"),
    ],
)
def test_an_answer_that_is_unclear_or_that_nobody_asked_for_makes_it_blind(told: bytes) -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(told)
    assert seen.tap.disabled


def test_an_error_of_whoever_counts_stays_inside() -> None:
    seen = Seen()
    seen.exchanges = None  # type: ignore[assignment]  # it fails at whatever is done with it
    seen.tap._on_exchange = seen.tap._hash = lambda _: 1 // 0  # type: ignore[assignment,return-value]  # so do these
    seen.tap.client_bytes(CHAT * 2)
    seen.tap.server_bytes(answer(chat(usage=USAGE)))
    assert seen.tap.disabled
    seen.tap.closed(by_server=True)


def test_a_head_may_be_as_long_as_the_limit_in_any_cut() -> None:
    filler = HEAD_BYTES - len(b"GET /v1/models HTTP/1.1\r\nX: \r\n\r\n")
    for more, count in ((0, 1), (1, 0)):
        head = b"GET /v1/models HTTP/1.1\r\nX: " + b"a" * (filler + more) + b"\r\n\r\n"
        for places in ((), (len(head) - 1,), (len(head) - 3, len(head) - 2), (10, 30_000)):
            assert len(Seen().play(head, answer(b"{}"), cuts=(places, ()))) == count


@pytest.mark.parametrize("gap", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n"])
def test_an_event_of_any_length_is_one_piece_in_any_cut(gap: bytes) -> None:
    short = delta("a").strip()
    for more in (0, 1, 2, 5_000):
        long = short.replace(b'"a"', b'"%s"' % (b"a" * (KEPT_BYTES - len(short) + 1 + more)))
        told = OPEN_STREAM + long + gap + short + gap
        end = len(OPEN_STREAM + long)
        for places in ((), *((end + at,) for at in range(len(gap) + 1)), (end - 1, end + 1), (200, 9_000, 20_000)):
            (seen,) = Seen().play(CHAT, told, cuts=((), places))
            assert seen.tokens == 2


ENDLESS = {
    "a head": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536),
    "heads": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
    "empty lines": (b"", b"\r\n" * 30_000),
    "a JSON body": (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[", b"1," * 30_000),
    "an event": (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ", b"x" * 65_536),
    "an event's lines": (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b"data: x\n" * 8_000),
    "events": (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", delta("a") * 400),
    "a line": (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n{", b"x" * 65_536),
    "small chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 2_000),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"T: v\r\n" * 2_000),
    "a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", b"x" * 65_536),
    "a frame": (SWITCH + b"\x81\x7f\x00\x00\x00\x0f\xff\xff\xff\xff", b"x" * 65_536),
    "frames": (SWITCH, frame(b"a") * 2_000),
    "a message": (SWITCH + b"\x01\x01a", frame(b"x" * 100, 0, final=False) * 600),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_never_ends_keeps_memory_flat(kind: str) -> None:
    first, again = ENDLESS[kind]
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    seen.tap.server_bytes(first)
    tracemalloc.start()
    try:
        for _ in range(20):
            seen.tap.server_bytes(again)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 60_000
    seen.tap.closed(by_server=True)


def test_many_small_chunks_cost_no_more_than_their_bytes() -> None:
    """Cutting the buffer anew for each chunk would take seconds here."""
    seen = Seen()
    seen.tap.client_bytes(CHAT)
    told = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = b"".join(delta("a") for _ in range(2_000))
    seen.tap.server_bytes(told + b"".join(b"1\r\n%c\r\n" % byte for byte in pieces) + b"0\r\n\r\n")
    assert seen.exchanges[0].tokens == 2_000


def test_a_head_in_many_reads_is_matched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beginning anew with each read would let one client keep the meter busy for seconds with a long head."""
    matched = []

    class Counting:
        def match(self, buffer: bytes, at: int) -> re.Match[bytes] | None:
            matched.append(at)
            return _HEAD.match(buffer, at)

    monkeypatch.setattr(http1, "_HEAD", Counting())
    seen = Seen()
    pass_cut(CHAT, range(len(CHAT)), seen.tap.client_bytes)
    assert not seen.tap.disabled
    assert matched == [0]


lines = (b"application/x-ndjson", request("/api/chat"))
