"""HTTP/1's framing: what is plainly one message, at every limit to the byte, and what is refused."""

from typing import NamedTuple

import pytest

from shimmy_metrics.limits import HEAD_BYTES
from shimmy_metrics.meter.head_fields import CHUNKED, OPEN, UnsupportedError, body_length, encoded, persists
from shimmy_metrics.meter.http1 import Head, MessageParser

LINE = 4_096
"""The longest size line of a chunk, its extensions included."""

GET = b"GET / HTTP/1.1\r\n\r\n"


class Kept(NamedTuple):
    """All of a head, and no framing."""

    line: bytes
    fields: dict[bytes, bytes]
    length: int | None = None


def kept(head: Head) -> Kept:
    return Kept(*head)


def fed(*pieces: bytes, length: int | None = None) -> MessageParser[Kept]:
    """Return a message that was fed, whose body is framed so where a `length` is given."""
    message = MessageParser(kept)
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
        ({b"transfer-encoding": b"gzip, chunked"}, CHUNKED),
        ({b"transfer-encoding": b"gzip ,, x-gzip\t,chunked"}, CHUNKED),
        ({b"transfer-encoding": b"deflate, compress, x-compress, chunked"}, CHUNKED),
        ({b"transfer-encoding": b"gzip"}, OPEN),
        ({b"content-length": b"5, 5"}, 5),
        ({b"content-length": b"5,5\t,5 "}, 5),
    ],
)
def test_a_head_says_how_long_its_body_is(fields: dict[bytes, bytes], length: int | None) -> None:
    assert body_length(fields, b"HTTP/1.1") == length


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
        {b"content-length": b"5, 6"},
        {b"content-length": b"5, 05"},
        {b"content-length": b"5,"},
        {b"content-length": b"5 5"},
        {b"transfer-encoding": b""},
        {b"transfer-encoding": b"chunked, chunked"},
        {b"transfer-encoding": b"chunked, gzip"},
        {b"transfer-encoding": b"chunked, identity"},
        {b"transfer-encoding": b"br, chunked"},
        {b"transfer-encoding": b"chunked", b"content-length": b"7"},
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(UnsupportedError):
        body_length(fields, b"HTTP/1.1")


def test_chunks_are_not_before_http_1_1() -> None:
    with pytest.raises(UnsupportedError):
        body_length({b"transfer-encoding": b"chunked"}, b"HTTP/1.0")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, False),
        ({b"content-encoding": b"identity \t"}, False),
        ({b"content-encoding": b""}, False),
        ({b"transfer-encoding": b"chunked \t"}, False),
        ({b"content-encoding": b"gzip"}, True),
        ({b"content-encoding": b"identity, gzip"}, True),
        ({b"transfer-encoding": b"gzip, chunked"}, True),
        ({b"transfer-encoding": b"gzip"}, True),
    ],
)
def test_a_head_says_whether_its_body_is_encoded(fields: dict[bytes, bytes], told: bool) -> None:
    assert encoded(fields) is told


@pytest.mark.parametrize(
    ("value", "in_1_1", "in_1_0"),
    [
        (None, True, False),
        (b"keep-alive", True, True),
        (b"keep-alive ", True, True),
        (b"upgrade, keep-alive", True, True),
        (b"close", False, False),
        (b"keep-alive, close", False, False),
        (b"te ,close\t", False, False),
        (b"closed", True, False),
        (b"upgrade", True, False),
    ],
)
def test_a_head_says_whether_others_follow(value: bytes | None, in_1_1: bool, in_1_0: bool) -> None:
    fields = {} if value is None else {b"connection": value}
    assert (persists(fields, b"HTTP/1.1"), persists(fields, b"HTTP/1.0")) == (in_1_1, in_1_0)


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", {b"content-length": b"5,5"}),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", {b"transfer-encoding": b"gzip,chunked"}),
        (b"Content-Type: a\r\nX: y\r\nContent-Type: b\r\n", {b"content-type": b"b"}),
        (b"User-Agent: a\r\nUser-Agent: b\r\nConnection: close\r\n", {b"user-agent": b"b", b"connection": b"close"}),
    ],
)
def test_a_field_may_stand_there_more_than_once(lines: bytes, fields: dict[bytes, bytes]) -> None:
    head = fed(b"GET / HTTP/1.1\r\n" + lines + b"\r\n").head()
    assert head is not None
    assert head.fields == fields


@pytest.mark.parametrize("length", [0, 1, 2, 300])
def test_the_next_head_follows_a_body_of_any_length(length: int) -> None:
    message = fed(b"x" * length + GET, length=length)
    assert message.done
    head = message.head()
    assert head is not None
    assert head.line == b"GET / HTTP/1.1"


@pytest.mark.parametrize(
    "line",
    [b"2", b"2;a=b", b"2;a=b;c=d", b"2 ;a", b"2\t; a\t = b ;c", b'2;a="b;\\" c\xff"', b'2;a=""', b"0" * 14 + b"2"],
)
def test_a_chunk_s_line_gives_its_size_and_may_say_more(line: bytes) -> None:
    assert fed(line + b"\r\nab\r\n0\r\n\r\n", length=CHUNKED).done


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"x", b"-2", b"+2", b"2_0", b"0x2", b"0X2", b"2X;a", b"X2;a", b"2\x0b;a", b"0" * 15 + b"2", b";a"),
        *(b" 2", b"2 ", b"2\t", b"2;", b"2;a=", b"2;=b", b"2;a b", b"2;a=b c", b"2;;a", b"2 a", b"2;a;", b"2;a "),
        *(b"2;\nxx", b"2;a\n", b"2;a\r", b"2;a\0", b'2;a="\n"', b'2;a="b', b'2;a=b"', b'2;a="\\\0"', b"2;\xff"),
    ],
)
def test_a_chunk_without_a_plain_size_is_refused(line: bytes) -> None:
    with pytest.raises(UnsupportedError):
        fed(line + b"\r\nab\r\n0\r\n\r\n", length=CHUNKED)


def test_a_chunk_s_line_may_be_as_long_as_its_limit_and_no_longer() -> None:
    longest = b"1;" + b"x" * (LINE - 2)
    rest = b"\na\r\n0\r\n\r\n"
    assert fed(longest + b"\r" + rest, length=CHUNKED).done
    assert fed(longest + b"\r", rest, length=CHUNKED).done
    with pytest.raises(UnsupportedError):
        fed(longest + b"x\r" + rest, length=CHUNKED)


def test_a_line_without_an_end_is_refused_as_soon_as_it_is_too_long() -> None:
    begun = b"1;" + b"x" * (LINE - 2)
    assert not fed(begun, b"\r", length=CHUNKED).done
    with pytest.raises(UnsupportedError):
        fed(begun + b"xx", length=CHUNKED)


@pytest.mark.parametrize("line", [b"a:", b"a: b", b'Server-Timing:\tx;y="z"', b"a: \xff"])
def test_fields_may_follow_the_last_chunk(line: bytes) -> None:
    assert fed(b"0\r\n" + line + b"\r\nb: c\r\n\r\n", length=CHUNKED).done


@pytest.mark.parametrize(
    "line", [b"a", b"a b: c", b"a : b", b": b", b" a: b", b"a: b\n", b"a: \0", b"a: b\rc", b"a\xff: b"]
)
def test_nothing_else_may_follow_the_last_chunk(line: bytes) -> None:
    with pytest.raises(UnsupportedError):
        fed(b"0\r\n" + line + b"\r\nb: c\r\n\r\n", length=CHUNKED)


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\nHost", b"GET / HTTP/1.1\r\nHost: x\n", b"G\n"])
def test_a_lone_line_feed_is_refused_as_soon_as_it_comes(begun: bytes) -> None:
    with pytest.raises(UnsupportedError):
        fed(begun).head()
    message = fed(b"2\n", length=None)
    message.expect(CHUNKED)
    with pytest.raises(UnsupportedError):
        message.skip()


@pytest.mark.parametrize("after", [b"x", b"\n", b"\rx", b" \r\n"])
def test_a_chunk_ends_with_its_size(after: bytes) -> None:
    for pieces in ([b"1\r\na" + after + b"0\r\n"], [b"1\r\na", after[:1], after[1:] + b"0\r\n"]):
        with pytest.raises(UnsupportedError):
            fed(*pieces, length=CHUNKED)


@pytest.mark.parametrize("begun", [b"H", b"HTTP/", b"HTTP/1.", b"HTTP/1.1 200", b"\r", b"\r\nHTTP/1.0 2"])
def test_an_answer_begins_with_its_version(begun: bytes) -> None:
    for data, waits in ((begun, True), (b"x" + begun, False), (begun.replace(b"H", b"S") + b"S", False)):
        message = MessageParser(kept, b"HTTP/1.")
        message.feed(data, 0.0)
        if waits:
            assert message.head() is None
        else:
            with pytest.raises(UnsupportedError):
                message.head()


def test_what_came_before_a_line_is_no_part_of_its_length() -> None:
    chunk = b"f00\r\n" + b"x" * 0xF00 + b"\r\n"
    message = fed(chunk + b"2;half-a-line", length=CHUNKED)
    message.feed(b"\r\nab\r\n0\r\n\r\n", 0.0)
    message.skip()
    assert message.done


@pytest.mark.parametrize("begun", [b"G", b"X ", b"GET / HT", b"\r", b"\r\nGET"])
def test_half_a_head_waits(begun: bytes) -> None:
    assert fed(begun).head() is None


@pytest.mark.parametrize("begun", [b"\x16", b"\x16\x03\x01", b"7", b" ", b"\x00", b"\x16\r"])
def test_what_begins_like_no_head_is_refused_at_its_first_byte(begun: bytes) -> None:
    with pytest.raises(UnsupportedError):
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
    with pytest.raises(UnsupportedError):
        fed(head_of(HEAD_BYTES + 1)).head()
    with pytest.raises(UnsupportedError):
        fed(head_of(HEAD_BYTES + 9)[:HEAD_BYTES]).head()


def test_the_limit_is_of_each_head_and_not_of_how_many_come_at_once() -> None:
    message = fed(head_of(10_000) * 2)
    for _ in range(2):
        assert message.head() is not None
        message.expect(0)
