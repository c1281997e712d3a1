"""Any cut into reads tells the same, and no bytes raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.conversations import CASES
from support.hostile_heads import NO_BODIES, NO_REQUESTS
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
