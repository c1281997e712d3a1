"""HTTP/1's framing: what is plainly one message, at every limit to the byte, and what is refused."""

import pytest

from shimmy_metrics.limits import HEAD_BYTES
from shimmy_metrics.meter.http1 import CHUNKED, LostError, Message, framing

LINE = 4_096
"""The longest size line of a chunk, its extensions included."""

GET = b"GET / HTTP/1.1\r\n\r\n"


def fed(*pieces: bytes, length: int | None = None) -> Message:
    """Return a message that was fed, whose body is framed so where a `length` is given."""
    message = Message()
    if length is not None:
        message.expect(length)
    for piece in pieces:
        message.feed(piece, 0.0)
        if not message.done:
            message.skip()
    return message


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ({}, None),
        ({b"content-length": b"0"}, 0),
        ({b"content-length": b"7 \t"}, 7),
        ({b"content-length": b"9" * 18}, 10**18 - 1),
        ({b"transfer-encoding": b"chunked"}, CHUNKED),
        ({b"transfer-encoding": b"chunked \t"}, CHUNKED),
    ],
)
def test_a_head_says_how_long_its_body_is(fields: dict[bytes, bytes], length: int | None) -> None:
    assert framing(fields, b"HTTP/1.1") == length


@pytest.mark.parametrize(
    "fields",
    [
        {b"content-length": b"9" * 19},
        {b"content-length": b"7\x0b"},
        {b"content-length": b"7X"},
        {b"content-length": b"-7"},
        {b"content-length": b""},
        {b"transfer-encoding": b"chunked\x0b"},
        {b"transfer-encoding": b"chunkedX"},
        {b"transfer-encoding": b"gzip, chunked"},
        {b"transfer-encoding": b"chunked", b"content-length": b"7"},
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(LostError):
        framing(fields, b"HTTP/1.1")


def test_chunks_are_not_before_http_1_1() -> None:
    with pytest.raises(LostError):
        framing({b"transfer-encoding": b"chunked"}, b"HTTP/1.0")


@pytest.mark.parametrize("length", [0, 1, 2, 300])
def test_the_next_head_follows_a_body_of_any_length(length: int) -> None:
    message = fed(b"x" * length + GET, length=length)
    assert message.done
    head = message.head()
    assert head is not None
    assert head.line == b"GET / HTTP/1.1"


@pytest.mark.parametrize("line", [b"2", b"2;a=b", b"2;a=b;c=d", b"2 ;a", b"2\t;a", b"0" * 14 + b"2"])
def test_a_chunk_s_line_gives_its_size_and_may_say_more(line: bytes) -> None:
    assert fed(line + b"\r\nab\r\n0\r\n\r\n", length=CHUNKED).done


@pytest.mark.parametrize(
    "line", [b"", b"x", b"-2", b"+2", b"2_0", b"0x2", b"0X2", b"2X;a", b"X2;a", b"2\x0b;a", b"0" * 15 + b"2", b";a"]
)
def test_a_chunk_without_a_plain_size_is_refused(line: bytes) -> None:
    with pytest.raises(LostError):
        fed(line + b"\r\nab\r\n0\r\n\r\n", length=CHUNKED)


def test_a_chunk_s_line_may_be_as_long_as_its_limit_and_no_longer() -> None:
    longest = b"1;" + b"x" * (LINE - 2)
    rest = b"\na\r\n0\r\n\r\n"
    assert fed(longest + b"\r" + rest, length=CHUNKED).done
    assert fed(longest + b"\r", rest, length=CHUNKED).done
    with pytest.raises(LostError):
        fed(longest + b"x\r" + rest, length=CHUNKED)


def test_a_line_without_an_end_is_refused_as_soon_as_it_is_too_long() -> None:
    begun = b"1;" + b"x" * (LINE - 2)
    assert not fed(begun, b"\r", length=CHUNKED).done
    with pytest.raises(LostError):
        fed(begun + b"xx", length=CHUNKED)


def test_what_came_before_a_line_is_no_part_of_its_length() -> None:
    chunk = b"f00\r\n" + b"x" * 0xF00 + b"\r\n"
    message = fed(chunk + b"2;half a line", length=CHUNKED)
    message.feed(b"\r\nab\r\n0\r\n\r\n", 0.0)
    message.skip()
    assert message.done


@pytest.mark.parametrize("begun", [b"G", b"X ", b"GET / HT", b"\r", b"\r\nGET"])
def test_half_a_head_waits(begun: bytes) -> None:
    assert fed(begun).head() is None


@pytest.mark.parametrize("begun", [b"\x16", b"\x16\x03\x01", b"7", b" ", b"\x00", b"\x16\r"])
def test_what_begins_like_no_head_is_refused_at_its_first_byte(begun: bytes) -> None:
    with pytest.raises(LostError):
        fed(begun).head()


def test_half_a_head_waits_behind_a_whole_one() -> None:
    message = fed(GET + GET[:-5])
    for _ in range(2):
        message.expect(0)
        head = message.head()
    assert head is None


def head_of(size: int) -> bytes:
    before, after = b"GET / HTTP/1.1\r\nX: ", b"\r\n\r\n"
    return before + b"x" * (size - len(before) - len(after)) + after


def test_a_head_may_be_as_long_as_its_limit_and_no_longer() -> None:
    assert fed(head_of(HEAD_BYTES)).head() is not None
    assert fed(head_of(HEAD_BYTES)[:-1]).head() is None
    with pytest.raises(LostError):
        fed(head_of(HEAD_BYTES + 1)).head()
    with pytest.raises(LostError):
        fed(head_of(HEAD_BYTES + 9)[:HEAD_BYTES]).head()


def test_the_limit_is_of_each_head_and_not_of_how_many_come_at_once() -> None:
    message = fed(head_of(40_000) * 2)
    for _ in range(2):
        assert message.head() is not None
        message.expect(0)
