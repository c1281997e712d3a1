"""A stream's blocks are the same however it was cut into reads and whatever ends its lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.lines import EventSplitter, Splitter
from shimmy_metrics.meter.outline import DEPTH, outline
from support.wire import pass_cut

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLOCK_BYTES = 4_096
"""The longest block that is kept whole."""

LINE_ENDS = [b"\n", b"\r\n", b"\r"]


def blocks(splitter: Splitter, data: bytes, places: list[int]) -> list[bytes]:
    """Return all blocks of a stream that came in reads cut at `places`, the one at its end included."""
    found: list[bytes] = []

    def read(piece: bytes) -> None:
        whole = splitter.feed(piece)
        if whole:
            found.extend(splitter.split(whole))

    pass_cut(data, places, read)
    found.extend(splitter.split(splitter.rest()))
    return [block.rstrip(b"\n") for block in found]


def expected(data: bytes) -> list[bytes]:
    """Return the events of a stream, read by the standard's own words: line by line."""
    lines = re.split(rb"\r\n|\n|\r", data.lstrip(b"\r\n").removeprefix(BYTE_ORDER_MARK))
    parts = re.split(rb"\n{2,}", b"\n".join(lines).strip(b"\n"))
    return [part for part in parts if part]


pieces = st.lists(st.sampled_from([*LINE_ENDS, b"data: a", b": remark", b"x", b"", BYTE_ORDER_MARK]), max_size=30)
cuts = st.lists(st.integers(0, 200), max_size=12)


@given(pieces, cuts)
def test_any_line_end_ends_a_line_in_any_cut(parts: list[bytes], places: list[int]) -> None:
    data = b"".join(parts)
    assert blocks(EventSplitter(), data, places) == expected(data)


@pytest.mark.parametrize("ends", LINE_ENDS)
@pytest.mark.parametrize("remark_ends", LINE_ENDS)
def test_a_gateway_s_remarks_may_end_their_lines_otherwise(ends: bytes, remark_ends: bytes) -> None:
    remark = b": keep-alive" + remark_ends * 2
    event = b"event: message" + ends + b"data: a" + ends * 2
    data = remark + event + remark + event
    for places in ([], list(range(len(data)))):
        assert blocks(EventSplitter(), data, places) == [b": keep-alive", b"event: message\ndata: a"] * 2


def test_a_byte_order_mark_is_one_at_the_start_alone() -> None:
    data = BYTE_ORDER_MARK + b"data: a\n\n" + BYTE_ORDER_MARK + b"data: b\n\n"
    for places in ([], list(range(len(data)))):
        assert blocks(EventSplitter(), data, places) == [b"data: a", BYTE_ORDER_MARK + b"data: b"]


def test_a_line_of_json_ends_at_a_line_feed() -> None:
    assert blocks(Splitter(), b'\n{"a":1}\r\n\n{"b":\r2}\n{"c"', []) == [b'{"a":1}\r', b'{"b":\r2}', b'{"c"']


@pytest.mark.parametrize("splitter", [Splitter, EventSplitter])
@pytest.mark.parametrize(
    "size", [bound + more for bound in (BLOCK_BYTES, KEPT_BYTES, 3 * KEPT_BYTES) for more in range(-1, 3)]
)
def test_of_a_block_that_is_too_long_to_keep_there_is_the_outline(splitter: type[Splitter], size: int) -> None:
    gap = splitter().gap
    long = b'{"a": "%s"}' % (b"x" * (size - 9))
    data = b'{"b":2}' + gap + long + gap + b'{"c":3}' + gap
    end = 7 + len(gap) + size
    cut_at_each_place = [list(range(end - 3, end + 4)), *([end + at] for at in range(-2, 4)), [20, 9_000, 24_000]]
    for places in ([], [end, end + 1], *cut_at_each_place):
        told = long if size <= BLOCK_BYTES else outline(long, KEPT_BYTES, DEPTH)
        assert blocks(splitter(), data, places) == [b'{"b":2}', told, b'{"c":3}']


@pytest.mark.parametrize("splitter", [Splitter, EventSplitter])
def test_however_long_a_block_is_little_of_it_is_kept(splitter: type[Splitter]) -> None:
    stream = splitter()
    for _ in range(100):
        assert stream.feed(b"x" * 9_999) == b""
        assert len(stream.kept) <= BLOCK_BYTES + 2


@pytest.mark.parametrize("places", [[], [30_000]])
def test_a_block_whose_very_outline_is_too_long_is_none(places: list[int]) -> None:
    long = b",".join(b'"%d":0' % number for number in range(9_000))
    assert blocks(Splitter(), b"a\n" + long + b"\nb\n", places) == [b"a", b"b"]


@pytest.mark.parametrize("splitter", [Splitter, EventSplitter])
def test_a_block_of_which_the_rest_is_dropped_ends_at_its_gap_in_any_cut(splitter: type[Splitter]) -> None:
    gap = splitter().gap
    long = b"[[" + b"1," * KEPT_BYTES
    end = len(long)
    for places in (
        [],
        [end],
        [end - 1, end + 1],
        [end - 1, end, end + 1],
        [end - 2, *range(end, end + 5)],
        [9_000, end + 1],
    ):
        assert blocks(splitter(), long + gap + b"b" + gap, places) == [outline(long, KEPT_BYTES, DEPTH), b"b"]


def test_a_line_feed_within_a_long_event_ends_a_line_alone_in_any_cut() -> None:
    first = b'data: {"a": "%s",' % (b"x" * 9_000)
    long = first + b'\ndata: "b": 2}'
    for places in ([], [len(first)], [len(first) + 1], [len(first), len(first) + 1]):
        told = blocks(EventSplitter(), long + b"\n\ndata: c\n\n", places)
        assert told == [outline(long, KEPT_BYTES, DEPTH), b"data: c"]


@pytest.mark.parametrize("splitter", [Splitter, EventSplitter])
@pytest.mark.parametrize("block", [b"data: a", b"x" * 9_000])
def test_within_a_block_it_is_until_the_gap_came(splitter: type[Splitter], block: bytes) -> None:
    stream = splitter()
    assert not stream.kept
    for part, within in ((block, True), (b"a", True), (stream.gap, False), (block, True)):
        stream.feed(part)
        assert bool(stream.kept) is within
    stream.rest()
    assert not stream.kept


def test_a_line_that_ends_with_both_ends_once_in_any_cut() -> None:
    for places in ([], [8], [8, 9], [9]):
        assert blocks(EventSplitter(), b"data: a\r\ndata: b\n\n", places) == [b"data: a\ndata: b"]


@pytest.mark.parametrize("first", [b"Xa", b" a", b"\ta", b"X"])
def test_nothing_but_line_ends_is_taken_from_a_block_s_begin(first: bytes) -> None:
    for places in ([], [1]):
        assert blocks(EventSplitter(), b"\n" + first + b"\n\n", places) == [first]
        assert blocks(EventSplitter(), first + b"\n\n", places) == [first]


def test_line_ends_may_stand_before_a_byte_order_mark() -> None:
    assert blocks(EventSplitter(), b"\n" + BYTE_ORDER_MARK + b"data: a\n\n", []) == [b"data: a"]
