"""Where an answer ends, and what of it that was broken off counts."""

import pytest

from shimmy_metrics.vocabulary import TokenSource
from support.wire import CHAT, STREAM, SWITCH, UPGRADE, USAGE, Seen, answer, chat, chunked, delta, request


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_answer_that_ends_with_its_connection_is_read_whole(version: bytes) -> None:
    head = b"HTTP/%s 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n"
    (seen,) = Seen().play(CHAT, head % (version, b"text/event-stream") + b"".join(STREAM))
    assert (seen.tokens, seen.failed) == (2, False)
    (seen,) = Seen().play(CHAT, head % (version, b"application/json") + chat(usage=USAGE))
    assert (seen.tokens, seen.failed) == (7, False)


BROKEN_OFF = {
    "shorter than its length": (answer(chat(usage=USAGE))[:-9], 0, TokenSource.UNKNOWN),
    "in a chunk": (chunked(STREAM)[: -len(STREAM[-1])], 2, TokenSource.COUNTED),
    "between two chunks": (chunked(STREAM).removesuffix(b"0\r\n\r\n"), 2, TokenSource.COUNTED),
    "in the last chunk's line": (chunked(STREAM)[:-3], 2, TokenSource.COUNTED),
    "before its trailers end": (chunked(STREAM)[:-2], 2, TokenSource.COUNTED),
}


@pytest.mark.parametrize("where", BROKEN_OFF)
@pytest.mark.parametrize("by_server", [True, False])
@pytest.mark.parametrize("reset", [True, False])
def test_an_answer_that_the_server_broke_off_is_a_failure_and_counts_as_it_stands(
    where: str, by_server: bool, reset: bool
) -> None:
    told, tokens, source = BROKEN_OFF[where]
    (seen,) = Seen().play(CHAT, told, by_server=by_server, reset=reset)
    assert (seen.tokens, seen.token_source, seen.failed) == (tokens, source, by_server)


@pytest.mark.parametrize(("by_server", "reset", "failed"), [(1, 0, False), (1, 1, True), (0, 0, False), (0, 1, False)])
def test_an_answer_as_long_as_its_connection_is_broken_off_by_a_reset_alone(
    by_server: int, reset: int, failed: bool
) -> None:
    told = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(STREAM)
    (seen,) = Seen().play(CHAT, told, by_server=bool(by_server), reset=bool(reset))
    assert (seen.tokens, seen.failed) == (2, failed)


def test_what_failed_and_then_was_left_has_failed() -> None:
    (seen,) = Seen().play(CHAT, answer(b"long", status="500 Oops")[:-2], by_server=False)
    assert seen.failed


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nConnection: x, close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
    ],
)
def test_of_an_answer_that_is_the_last_nothing_behind_it_counts(head: bytes) -> None:
    behind = CHAT + b"whatever a client had sent ahead"
    for more in (b"", b"\r\n", answer(b"{}"), b"whatever"):
        for where in (len(head), len(head + more)):
            seen = Seen().play(request("/v1/models", "GET") + behind, head + more, cuts=((), (where,)))
            assert [(each.route, each.failed) for each in seen] == [("/v1/models", False)]


@pytest.mark.parametrize(
    "asked",
    [
        b"GET /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /v1/models HTTP/1.0\r\n\r\n",
        b"POST /v1/models HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_behind_a_request_that_is_the_last_there_is_none(asked: bytes) -> None:
    for told in (answer(b"{}"), answer(b"{}", more="Connection: close\r\n")):
        for more in (CHAT, b"\r\n", b"whatever"):
            seen = Seen().play(asked + more, told)
            assert [(each.route, each.failed) for each in seen] == [("/v1/models", False)]


def test_http_1_0_may_keep_its_connection() -> None:
    asked = b"GET /v1/models HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
    told = b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\n{}"
    assert len(Seen().play(asked * 3, told * 3)) == 3


def test_an_answer_is_due_once_the_client_has_sent_all_until_the_answer_is_whole() -> None:
    tap = Seen().tap
    told = answer(chat(usage=USAGE))
    steps = [
        (tap.client_bytes, b"", False),
        (tap.client_bytes, CHAT[:-1], False),
        (tap.client_bytes, CHAT[-1:], True),
        (tap.server_bytes, told[:9], True),
        (tap.server_bytes, told[9:-1], True),
        (tap.client_bytes, CHAT[:-1], False),  # another is under way
        (tap.server_bytes, told[-1:], False),
        (tap.client_bytes, CHAT[-1:], True),
        (tap.server_bytes, told, False),
    ]
    for read, data, due in steps:
        read(data)
        assert tap.answer_due is due


def test_of_a_websocket_no_answer_is_due() -> None:
    tap = Seen().tap
    tap.client_bytes(UPGRADE)
    assert tap.answer_due
    tap.server_bytes(SWITCH)
    assert not tap.answer_due


def test_an_answer_that_ends_with_its_connection_is_whole_unless_it_is_said_to_be_reset() -> None:
    seen = Seen()
    seen.tap.client_bytes(CHAT)
    seen.tap.server_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(STREAM))
    seen.tap.closed(by_server=True)
    assert [each.failed for each in seen.exchanges] == [False]


@pytest.mark.parametrize(
    ("told", "failed", "source"),
    [
        # Nothing came of it, and nothing was to come.
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", False, None),
        # It was to come.
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\n", True, TokenSource.UNKNOWN),
        # An error generates nothing, however it ends.
        (answer(b"long", status="500 Oops")[:-2], True, None),
        (answer(b"long", status="302 Found")[:-2], True, None),
    ],
)
def test_only_what_could_have_been_generated_is_of_unknown_amount(
    told: bytes, failed: bool, source: TokenSource | None
) -> None:
    (seen,) = Seen().play(CHAT, told)
    assert (seen.failed, seen.tokens, seen.token_source) == (failed, 0, source)


def test_where_the_client_leaves_what_was_made_of_its_whole_requests_is_unknown() -> None:
    told = [(each.failed, each.token_source) for each in Seen().play(CHAT * 2 + CHAT[:-1], b"", by_server=False)]
    assert told == [(False, TokenSource.UNKNOWN)] * 2 + [(False, None)]


def test_an_error_s_body_in_any_cut_is_followed_by_the_next_answer() -> None:
    error = chunked([b"no such", b" model"], "text/plain").replace(b"200 OK", b"404 None")
    told = error + answer(chat(usage=USAGE))
    first = error.index(b"7\r\n")
    for places in ((), (first, first + 12, first + 23), range(len(told))):
        seen = Seen().play(CHAT * 2, told, cuts=((), places))
        assert [(each.failed, each.tokens) for each in seen] == [(True, 0), (False, 7)]


@pytest.mark.parametrize(("server", "source"), [("shimmy", TokenSource.COUNTED), ("", TokenSource.ESTIMATED)])
def test_beyond_ascii_an_event_is_a_token_of_shimmy_s_alone(server: str, source: TokenSource) -> None:
    (seen,) = Seen(server).play(CHAT, chunked([delta("日本"), delta("a")]))
    assert (seen.tokens, seen.token_source) == (2, source)
