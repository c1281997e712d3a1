"""Each request that counts is one exchange, however a connection carries it; times are of first and last bytes."""

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import HEAD_BYTES, PIPELINE_MAX
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.vocabulary import TokenSource
from support.wire import CHAT, DONE, STREAM, SWITCH, UPGRADE, USAGE, Seen, answer, chat, chunked, request


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


HARMLESS = {
    "two equal lengths": "Content-Length: %d\r\nContent-Length: %d\r\n",
    "a length twice": "Content-Length: %d, %d\r\n",
    "two types": "Content-Length: %d\r\nX-Length: %d\r\nContent-Type: text/html\r\nContent-Type: application/json\r\n",
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_there_twice_and_is_the_same_is_read(kind: str) -> None:
    body = chat(usage=USAGE)
    told = b"HTTP/1.1 200 OK\r\n" + (HARMLESS[kind] % (len(body), len(body))).encode()
    if b"Type" not in told:
        told += b"Content-Type: application/json\r\n"
    asked = CHAT.replace(b"\r\nContent", b"\r\nContent-Length: 2\r\nUser-Agent: curl/8\r\nContent")
    seen = Seen().play(asked * 2, (told + b"\r\n" + body) * 2)
    assert [(each.tokens, each.client) for each in seen] == [(7, "curl")] * 2


def test_a_coding_around_the_chunks_hides_the_tokens_alone() -> None:
    told = chunked([b"\x1f\x8b"]).replace(b"chunked", b"gzip, chunked")
    seen = Seen().play(CHAT * 2, told + answer(chat(usage=USAGE)))
    assert [(each.tokens, each.token_source) for each in seen] == [
        (0, TokenSource.UNKNOWN),
        (7, TokenSource.REPORTED),
    ]


UNREADABLE = {
    "lone line feeds": b"HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}",
    "no head": b"not found",
    "another version": b"HTTP/2 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "both framings": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "a lone line feed in a chunk's line": chunked([b"{}"]).replace(b"2\r\n{}", b"2;\nxx\r\n{}"),
    "lone line feeds between chunks": chunked([b"{}"]).replace(b"2\r\n{}\r\n0\r\n", b"2\n{}\n0\n"),
    "a size with a space": chunked([b"{}"]).replace(b"2\r\n{}", b"2 \r\n{}"),
    "a trailer that is no field": chunked([b"{}"])[:-2] + b"no field\r\n\r\n",
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("by_server", [True, False])
def test_a_request_whose_answer_cannot_be_read_counts_once_and_has_not_failed(kind: str, by_server: bool) -> None:
    told = UNREADABLE[kind]
    for places in ((), range(len(told))):
        seen = Seen().play(CHAT + request("/v1/models", "GET"), told, by_server=by_server, cuts=((), places))
        assert [(each.route, each.failed, each.tokens, each.token_source) for each in seen] == [
            ("/v1/chat/completions", False, 0, TokenSource.UNKNOWN),
            ("/v1/models", False, 0, None),
        ]


def test_an_error_that_cannot_be_read_to_its_end_has_failed() -> None:
    told = chunked([b"{}"]).replace(b"200 OK", b"500 Oops").replace(b"2\r\n{}", b"2 \r\n{}")
    (seen,) = Seen().play(CHAT, told)
    assert (seen.failed, seen.token_source) == (True, None)


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 20"])
def test_no_answer_at_all_is_the_server_s_failure_where_the_server_ended(begun: bytes) -> None:
    dropped = Seen().play(CHAT + CHAT, begun, by_server=True)
    assert [(each.failed, each.answered, each.token_source) for each in dropped] == [(True, None, None)] * 2
    gone = Seen().play(CHAT + request("/health", "GET"), begun, by_server=False)
    assert [(each.failed, each.answered) for each in gone] == [(False, None)]


@pytest.mark.parametrize("method", ["PROPFIND", "M-SEARCH", "X1"])
def test_any_token_is_a_method(method: str) -> None:
    asked = request("/v1/models", method)
    for places in ((), range(len(asked))):
        assert len(Seen().play(asked, answer(b"{}"), cuts=(places, ()))) == 1


@pytest.mark.parametrize("method", ["1X", "-X", "G(T", "G\x7fT"])
def test_what_is_no_token_is_no_method(method: str) -> None:
    asked = request("/v1/models", method)
    for places in ((), range(len(asked))):
        assert Seen().play(asked, answer(b"{}"), cuts=(places, ())) == []


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


def test_so_many_requests_may_await_their_answers_and_no_more() -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT * PIPELINE_MAX)
    seen.tap.client_bytes(CHAT + CHAT[:9])
    seen.tap.server_bytes(answer(b"{}") * PIPELINE_MAX)
    assert len(seen.exchanges) == PIPELINE_MAX
    seen.tap.server_bytes(answer(b"{}"))
    assert len(seen.exchanges) == PIPELINE_MAX
    assert seen.tap.disabled


def test_what_came_before_a_head_that_is_too_long_counts_and_nothing_behind_it() -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT * 2)
    seen.tap.client_bytes(CHAT.replace(b"\r\n", b"\r\nX-Long: " + b"a" * HEAD_BYTES + b"\r\n", 1) + CHAT)
    seen.tap.server_bytes(answer(chat(usage=USAGE)) * 4)
    assert [each.tokens for each in seen.exchanges] == [7, 7]


def test_a_request_counts_whose_answer_has_too_long_a_head() -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(answer(chat(usage=USAGE)).replace(b"\r\n", b"\r\nX-Long: " + b"a" * HEAD_BYTES + b"\r\n", 1))
    assert [(each.failed, each.tokens, each.token_source) for each in seen.exchanges] == [
        (False, 0, TokenSource.UNKNOWN)
    ]


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
    ("protocol", "disabled"),
    [("websocket", False), ("WebSocket \t", False), ("websocket\x0b", True), ("websocketX", True)],
)
def test_only_a_websocket_is_followed_after_a_switch(protocol: str, disabled: bool) -> None:
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    seen.tap.server_bytes(SWITCH.replace(b"websocket", protocol.encode()))
    assert seen.tap.disabled is disabled


def test_nothing_that_fails_behind_the_tap_reaches_the_relay() -> None:
    def fail(_: Exchange) -> None:
        raise ZeroDivisionError

    tap = Tap(fail, lambda name: name, lambda: 0.0)
    tap.client_bytes(CHAT)
    tap.closed(by_server=True)
    assert tap.disabled
