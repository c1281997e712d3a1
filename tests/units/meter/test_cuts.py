"""Any cut into reads tells the same, and no bytes raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmy_metrics.limits import HEAD_BYTES
from support.conversations import CASES
from support.wire import (
    CHAT,
    DONE,
    STREAM,
    SWITCH,
    UPGRADE,
    Seen,
    answer,
    chat,
    delta,
    event,
    frame,
    pass_cut,
    request,
)

POST = b"POST /v1/models HTTP/1.1\r\n"
CHUNKS = POST + b"Transfer-Encoding: chunked\r\n\r\n"
NO_REQUESTS = [
    POST + b"Content-Length : 5\r\n\r\n",
    POST + b"Host: x\nContent-Length: 5\r\n\r\n",
    POST + b"X: a\rContent-Length: 5\r\n\r\n",
    POST + b"X: a\r\n Content-Length: 5\r\n\r\n",
    POST + b"X: a\r\n\tfolded\r\n\r\n",
    POST + b"X: \0\r\n\r\n",
    POST + b"no colon\r\n\r\n",
    POST + b": no name\r\n\r\n",
    POST + b"no(name): x\r\n\r\n",
    b"POST  /v1/models HTTP/1.1\r\n\r\n",
    b"POST /v1/models\r\n\r\n",
    b"POST /v1/models HTTP/0.9\r\n\r\n",
    b"CONNECT somewhere:443 HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES,
    b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES + b"\r\n\r\n",
]
NO_BODIES = [
    POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
    POST + b"Content-Length: 5, 6\r\n\r\n",
    POST + b"Content-Length: +5\r\n\r\n",
    POST + b"Content-Length: 5_0\r\n\r\n",
    POST + b"Content-Length:\r\n\r\n",
    POST + b"Content-Length: %s\r\n\r\n" % (b"9" * 19),
    POST + b"Transfer-Encoding: gzip\r\n\r\n",
    POST.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n",
    *(CHUNKS + size + b"\r\n" for size in (b"-5", b"+5", b"0x5", b"5_0", b"", b"g", b"f" * 16, b" 2", b"2 ")),
    *(CHUNKS + b"2;" + extension + b"\r\n4c\r\n" for extension in (b"\nxx", b"a\rb", b"a\0", b"")),
    CHUNKS + b"1\r\nab\r\n",
    CHUNKS + b"1;" + b"x" * 5_000,
    CHUNKS + b"1;" + b"x" * 5_000 + b"\r\n",
    CHUNKS + b"0\r\nno field\r\n\r\n",
]

cuts = st.lists(st.integers(0, 20_000), max_size=12)


def _same_in_any_cut(case: tuple[bytes, bytes], client: list[int], server: list[int]) -> None:
    whole, cut = Seen(), Seen()
    assert cut.play(*case, cuts=(client, server)) == whole.play(*case)
    assert cut.hashed == whole.hashed
    assert whole.exchanges


@given(st.sampled_from(CASES), cuts, cuts)
def test_any_cut_into_reads_gives_the_same_exchanges(
    case: tuple[bytes, bytes], client: list[int], server: list[int]
) -> None:
    _same_in_any_cut(case, client, server)


@pytest.mark.parametrize("case", CASES)
def test_byte_by_byte_gives_the_same_exchanges(case: tuple[bytes, bytes]) -> None:
    _same_in_any_cut(case, list(range(len(case[0]))), list(range(len(case[1]))))


parts = st.sampled_from(
    [
        *(b"data: ", b"\n", b"\r\n", b"\n\n", b"\r\n\r\n", b"event: error", b"x", DONE, event({"error": 1})),
        *(delta("a"), delta("b"), delta("b")[6:-2], delta(""), delta("c").replace(b'"c"', b'"\x01"')),
        *(delta("a").replace(b"\n\n", b"\n\n\n"), b'{"done":true,"eval_count":4}\n'),
    ]
)
kinds = st.sampled_from([(b"text/event-stream", CHAT), (b"text/event-stream", request("/api/generate"))])


def _same_stream_in_any_cut(kind: tuple[bytes, bytes], pieces: list[bytes], places: list[int]) -> None:
    told = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n" % kind[0] + b"".join(pieces)
    assert Seen().play(kind[1], told, cuts=((), places)) == Seen().play(kind[1], told)


lines = (b"application/x-ndjson", request("/api/chat"))


@given(kinds | st.just(lines), st.lists(parts, max_size=20), cuts)
def test_any_cut_of_a_broken_stream_gives_the_same_exchanges(
    kind: tuple[bytes, bytes], pieces: list[bytes], places: list[int]
) -> None:
    _same_stream_in_any_cut(kind, pieces, places)


moves = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(
            [
                CHAT,
                UPGRADE,
                SWITCH,
                answer(chat()),
                *NO_REQUESTS[:12],
                *NO_BODIES[:24],
                b"\r\n",
                b"0\r\n\r\n",
                *STREAM,
                frame(b"a"),
            ]
        )
        | st.sampled_from([whole for case in CASES for whole in case])
        | st.binary(max_size=60),
    ),
    max_size=12,
)


def _never_raises(told: list[tuple[bool, bytes]], places: list[int]) -> None:
    seen = Seen()
    for from_client, data in told:
        pass_cut(data, places, seen.tap.client_bytes if from_client else seen.tap.server_bytes)
    seen.tap.closed(by_server=False)
    assert seen.tap.disabled
    assert len(seen.exchanges) <= sum(data.count(b"HTTP/1.") for from_client, data in told if from_client)


@given(moves, cuts)
def test_no_bytes_raise_or_count_more_than_was_asked(told: list[tuple[bool, bytes]], places: list[int]) -> None:
    _never_raises(told, places)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(moves, cuts, st.sampled_from(CASES), kinds | st.just(lines), st.lists(parts, max_size=20))
def test_all_of_this_at_length(
    told: list[tuple[bool, bytes]],
    places: list[int],
    case: tuple[bytes, bytes],
    kind: tuple[bytes, bytes],
    pieces: list[bytes],
) -> None:
    _never_raises(told, places)
    _same_in_any_cut(case, places, places)
    _same_stream_in_any_cut(kind, pieces, places)
