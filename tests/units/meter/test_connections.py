"""Each request that counts is one exchange, however a connection carries it; times are of first and last bytes."""

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import PIPELINE_MAX
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.vocabulary import TokenSource
from support.wire import CHAT, DONE, STREAM, SWITCH, UPGRADE, USAGE, Seen, answer, chat, chunked, delta, request


@pytest.mark.parametrize("path", ["/health", "/metrics", "/diag", "/docs", "/openapi.json", "/health?verbose=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_checks_do_not_count(path: str, method: str) -> None:
    told = answer(b"{}") if method == "GET" else answer(b"")
    assert Seen().play(request(path, method), told) == []
    assert Seen().play(request(f"http://x:1{path}", method), told) == []


def test_options_and_refused_callers_do_not_count() -> None:
    assert Seen().play(request("/v1/models", "OPTIONS"), answer(b"", status="204 No Content")) == []
    assert Seen().play(request("*", "OPTIONS"), answer(b"")) == []
    assert Seen().play(CHAT, answer(b"", status="401 Unauthorized")) == []
    assert Seen().play(CHAT, answer(b"", status="403 Forbidden")) == []


def test_pipelined_requests_and_their_answers_belong_together() -> None:
    head_only = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    not_modified = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    asked = request("/v1/models", "GET") + CHAT + request("/api/tags", "HEAD") + request("/api/tools", "GET") + CHAT
    told = answer(b"{}") + interim + answer(chat(usage=USAGE)) + head_only + not_modified + chunked([*STREAM, DONE])
    seen = Seen().play(asked, told)
    assert [(each.route, each.tokens) for each in seen] == [
        ("/v1/models", 0),
        ("/v1/chat/completions", 7),
        ("/api/tags", 0),
        ("/api/tools", 0),
        ("/v1/chat/completions", 2),
    ]


def test_a_connection_that_is_kept_counts_every_request() -> None:
    seen = Seen()
    for _ in range(PIPELINE_MAX + 1):
        seen.tap.client_bytes(b"\r\n" + CHAT)
        seen.tap.server_bytes(chunked([*STREAM, DONE]))
    assert [each.tokens for each in seen.exchanges] == [2] * (PIPELINE_MAX + 1)


def test_chunks_with_extensions_and_trailers_are_read_both_ways() -> None:
    upload = b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
    upload += b"3;x=y\r\nGET\r\n0A ; z\r\n / HTTP/1.\r\n0\r\nT: v\r\n\r\n"
    told = chunked([b"data: a\n", b"\ndata", b": b\n\n"]).replace(b"8\r\ndata: a", b'08;a="b"\r\ndata: a')
    told = told.removesuffix(b"\r\n") + b"Server-Timing: x\r\nX: y\r\n\r\n"
    seen = Seen().play(upload + request("/api/generate") + CHAT, answer(b"{}") + told + answer(chat(usage=USAGE)))
    assert [(each.route, each.tokens) for each in seen] == [
        ("/v1/messages", 0),
        ("/api/generate", 2),
        ("/v1/chat/completions", 7),
    ]


def test_an_upload_is_passed_over_without_being_kept() -> None:
    seen = Seen()
    seen.tap.client_bytes(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\n")
    piece = b"GET /v1/models HTTP/1.1\r\n\r\n" * 2_000
    for _ in range(200):
        seen.tap.client_bytes(piece)
        assert seen.tap._from_client._buffer == b""
    seen.tap.server_bytes(answer(b"", status="413 Payload Too Large"))
    assert [(each.route, each.failed) for each in seen.exchanges] == [("/v1/chat/completions", True)]


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_answer_that_ends_with_its_connection_is_read_whole(version: bytes) -> None:
    head = b"HTTP/%s 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n"
    (seen,) = Seen().play(CHAT, head % (version, b"text/event-stream") + b"".join(STREAM))
    assert (seen.tokens, seen.failed) == (2, False)
    (seen,) = Seen().play(CHAT, head % (version, b"application/json") + chat(usage=USAGE))
    assert (seen.tokens, seen.failed) == (7, False)


def test_a_cut_answer_counts_as_it_stands() -> None:
    cut = chunked(STREAM)[: -len(STREAM[-1])]
    for by_server in (True, False):
        (seen,) = Seen().play(CHAT, cut, by_server=by_server)
        assert (seen.tokens, seen.token_source, seen.failed) == (2, TokenSource.COUNTED, False)
    (seen,) = Seen().play(CHAT, answer(chat(usage=USAGE))[:-9])
    assert (seen.tokens, seen.token_source, seen.failed) == (0, TokenSource.UNKNOWN, False)
    (seen,) = Seen().play(CHAT, answer(b"long", status="500 Oops")[:-2], by_server=False)
    assert seen.failed


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 20"])
def test_no_answer_at_all_is_the_server_s_failure_where_the_server_ended(begun: bytes) -> None:
    dropped = Seen().play(CHAT + CHAT, begun, by_server=True)
    assert [(each.failed, each.answered, each.token_source) for each in dropped] == [(True, None, None)] * 2
    gone = Seen().play(CHAT + request("/health", "GET"), begun, by_server=False)
    assert [(each.failed, each.answered) for each in gone] == [(False, None)]


def test_half_a_request_is_none() -> None:
    assert Seen().play(CHAT[:40], b"") == []
    assert Seen().play(b"", b"") == []


def test_nothing_counts_twice_or_after_the_end() -> None:
    seen = Seen()
    seen.play(CHAT, answer(chat(usage=USAGE)))
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(answer(chat(usage=USAGE)))
    seen.tap.closed(by_server=True)
    assert len(seen.exchanges) == 1


def test_times_are_from_the_request_s_first_byte_to_the_answer_s_last() -> None:
    seen = Seen()
    told = answer(chat(usage=USAGE))
    steps = [
        (0.5, seen.tap.client_bytes, b"\r\n"),
        (1.0, seen.tap.client_bytes, CHAT[:10]),
        (2.0, seen.tap.client_bytes, CHAT[10:-1]),
        (2.5, seen.tap.client_bytes, CHAT[-1:] + CHAT[:5]),
        (2.7, seen.tap.client_bytes, CHAT[5:]),
        (2.9, seen.tap.server_bytes, b"HTTP/1.1 100 Continue\r\n\r\n"),
        (3.0, seen.tap.server_bytes, told[:30]),
        (3.5, seen.tap.server_bytes, told[30:-5]),
        (4.0, seen.tap.server_bytes, told[-5:] + told[:5]),
        (5.0, seen.tap.server_bytes, told[5:]),
    ]
    for seen.now, read, data in steps:
        read(data)
    assert [(each.started, each.answered, each.ended) for each in seen.exchanges] == [(1.0, 3.0, 4.0), (2.5, 4.0, 5.0)]


def test_of_two_requests_in_one_read_only_the_first_may_have_begun_earlier() -> None:
    seen = Seen()
    asked = request("/v1/models", "GET")
    for seen.now, data in ((1.0, asked[:9]), (2.0, asked[9:] + asked)):
        seen.tap.client_bytes(data)
    for seen.now, data in ((3.0, answer(b"{}")[:9]), (4.0, answer(b"{}")[9:] + answer(b"{}"))):
        seen.tap.server_bytes(data)
    assert [(each.started, each.answered, each.ended) for each in seen.exchanges] == [(1.0, 3.0, 4.0), (2.0, 4.0, 4.0)]


def test_a_chunked_upload_s_last_line_does_not_begin_the_next_request() -> None:
    seen = Seen()
    steps = [
        (1.0, b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r"),
        (9.0, b"\n\r\n" + CHAT),
    ]
    for seen.now, data in steps:
        seen.tap.client_bytes(data)
    seen.tap.server_bytes(answer(b"{}") * 2)
    assert [each.started for each in seen.exchanges] == [1.0, 9.0]


def test_each_direction_may_run_ahead() -> None:
    seen = Seen()
    told = chunked([delta("a"), delta("b"), DONE])
    seen.tap.client_bytes(CHAT[:-1])
    seen.tap.server_bytes(told[:200])
    seen.tap.client_bytes(CHAT[-1:] + UPGRADE)
    seen.tap.server_bytes(told[200:] + SWITCH)
    seen.tap.closed(by_server=False)
    assert [(each.route, each.tokens) for each in seen.exchanges] == [("/v1/chat/completions", 2), ("/ws/generate", 0)]


def test_so_many_requests_may_await_their_answers_and_no_more() -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT * PIPELINE_MAX)
    assert not seen.tap.blind
    seen.tap.client_bytes(CHAT)
    assert seen.tap.blind


def test_a_request_without_a_body_is_followed_by_the_next() -> None:
    asked = request("/v1/models", "GET") + request("/v1/models", "OPTIONS") + request("/api/tags", "GET")
    assert [each.route for each in Seen().play(asked, answer(b"{}") * 3)] == ["/v1/models", "/api/tags"]


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n"])
def test_an_answer_that_has_no_body_is_followed_by_the_next(head: bytes) -> None:
    seen = Seen().play(request("/v1/models", "GET") + CHAT, head + answer(chat(usage=USAGE)))
    assert [each.tokens for each in seen] == [0, 7]


def test_an_answer_may_leave_out_its_reason() -> None:
    (seen,) = Seen().play(CHAT, answer(chat(usage=USAGE), status="200"))
    assert (seen.tokens, seen.failed) == (7, False)


@pytest.mark.parametrize(("status", "tokens"), [("200 OK", 7), ("299 Fine", 7), ("300 Choices", 0), ("500 Oops", 0)])
def test_only_the_body_of_a_success_is_read(status: str, tokens: int) -> None:
    (seen,) = Seen().play(CHAT, answer(chat(usage=USAGE), status=status))
    assert seen.tokens == tokens


@pytest.mark.parametrize(
    ("coding", "tokens"), [("identity", 2), ("identity \t", 2), ("identity\x0b", 0), ("identityX", 0), ("gzip", 0)]
)
def test_only_a_stream_that_is_not_compressed_is_read(coding: str, tokens: int) -> None:
    (seen,) = Seen().play(CHAT, chunked([*STREAM, DONE], more=f"Content-Encoding: {coding}\r\n"))
    assert seen.tokens == tokens


@pytest.mark.parametrize(
    ("protocol", "blind"),
    [("websocket", False), ("WebSocket \t", False), ("websocket\x0b", True), ("websocketX", True)],
)
def test_only_a_websocket_is_followed_after_a_switch(protocol: str, blind: bool) -> None:
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    seen.tap.server_bytes(SWITCH.replace(b"websocket", protocol.encode()))
    assert seen.tap.blind is blind


def test_what_was_under_way_when_the_connection_ended_is_told_with_its_times() -> None:
    seen = Seen()
    seen.now = 1.0
    seen.tap.client_bytes(CHAT + request("/api/tags", "GET"))
    seen.now = 2.0
    seen.tap.server_bytes(chunked(STREAM)[:-9])
    seen.now = 3.0
    seen.tap.closed(by_server=True)
    assert seen.exchanges == [
        Exchange("/v1/chat/completions", False, "openai-sdk", b"8 bytes.", 2, TokenSource.COUNTED, 1.0, 2.0, 3.0),
        Exchange("/api/tags", True, "curl", None, 0, None, 1.0, None, 3.0),
    ]


def test_nothing_that_fails_behind_the_tap_reaches_the_relay() -> None:
    def fail(_: Exchange) -> None:
        raise ZeroDivisionError

    tap = Tap(fail, lambda name: name, lambda: 0.0)
    tap.client_bytes(CHAT)
    tap.closed(by_server=True)
    assert tap.blind
