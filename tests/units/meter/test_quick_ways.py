"""What is recognised tells the same as what is parsed: heads that are repeated, chunks, events of one form."""

import gc
import random
from collections.abc import Callable, Iterable
from types import FunctionType, MethodType, ModuleType
from typing import NamedTuple

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import HEAD_BYTES
from shimmy_metrics.meter.event_template import EventTemplate
from shimmy_metrics.meter.head_fields import CHUNKED, OPEN, UnsupportedError, body_length
from shimmy_metrics.meter.http1 import Head, MessageParser
from shimmy_metrics.meter.repeated_head import RepeatedHead
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.vocabulary import TokenSource
from support.repeating_connections import Read, connection
from support.wire import CHAT, USAGE, answer, chat, delta


class Reader:
    """A tap, and all that it told. Its clock is the number of the read."""

    def __init__(self, *, quick: bool, server: str) -> None:
        self.now = 0.0
        self.exchanges: list[Exchange] = []
        self.hashed: list[bytes] = []
        self.tap = Tap(self.exchanges.append, self._hash, lambda: self.now, lambda: server, quick=quick)

    def _hash(self, name: bytes) -> bytes:
        self.hashed.append(name)
        return b"8 bytes."

    def read(self, read: Read) -> None:
        self.now += 1
        (self.tap.server_bytes if read.by_server else self.tap.client_bytes)(read.data)

    def told(self) -> tuple[object, ...]:
        return self.exchanges, self.hashed, self.tap.disabled, self.tap.answer_due


def compare(reads: Iterable[Read], *, server: str, by_server: bool, reset: bool) -> list[Exchange]:
    """Return what both readers told. Raises `AssertionError` where it differs, after any read."""
    quick, plain = Reader(quick=True, server=server), Reader(quick=False, server=server)
    for read in reads:
        quick.read(read)
        plain.read(read)
        assert quick.told() == plain.told()
    for each in (quick, plain):
        each.tap.closed(by_server=by_server, reset=reset)
    assert quick.told() == plain.told()
    return plain.exchanges


@pytest.mark.parametrize("connections", [600, pytest.param(16_000, marks=pytest.mark.long)])
def test_a_quick_reader_tells_what_a_plain_one_tells(connections: int) -> None:
    told = 0
    for number in range(connections):
        draw = random.Random(number)
        server, by_server, reset = draw.choice(["shimmy", "", "ollama"]), draw.random() < 0.5, draw.random() < 0.3
        told += len(compare(connection(draw), server=server, by_server=by_server, reset=reset))
    assert told > connections


EVENT = delta("a")
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


@pytest.mark.parametrize(
    ("chunks", "tokens", "source"),
    [
        ([chunk(EVENT)] * 5, 5, TokenSource.COUNTED),
        # Whole events behind half of one.
        ([chunk(EVENT)] * 2 + [chunk(EVENT[:-9]), chunk(EVENT), chunk(EVENT)], 3, TokenSource.COUNTED),
        # One that is read by its outline.
        ([chunk(EVENT)] * 2 + [chunk(delta("x" * 6_000))], 3, TokenSource.ESTIMATED),
        # Events of no known form.
        ([chunk(b"data: {}\n\n")], 0, TokenSource.UNKNOWN),
        # A size line with a long extension, alone and before its piece.
        ([b"%x;note=%s\r\n" % (len(EVENT), b"x" * 30), EVENT + b"\r\n"], 1, TokenSource.COUNTED),
        ([b"%x;note=%s\r\n" % (len(EVENT), b"x" * 30) + EVENT + b"\r\n"], 1, TokenSource.COUNTED),
        # Size lines in parts, of which the second looks like a whole chunk.
        ([chunk(EVENT), b"1", chunk(b"x" * 9), b"x" * (0x19 - 9 - 2) + b"\r\n"], 1, TokenSource.COUNTED),
    ],
)
def test_a_chunk_or_an_event_that_comes_alone_tells_what_it_tells_among_others(
    chunks: list[bytes], tokens: int, source: TokenSource
) -> None:
    reads = [Read(False, CHAT), Read(True, STREAM), *(Read(True, each) for each in chunks), Read(True, b"0\r\n\r\n")]
    (exchange,) = compare(reads, server="", by_server=True, reset=False)
    assert (exchange.tokens, exchange.token_source) == (tokens, source)


@pytest.mark.parametrize(
    "damaged", [b"5\r\nhelloxx", b"5\r\nhello\r\n\r\n", b"6\r\nhello\r\n", b"x\r\nhello\r\n", b"\r\n"]
)
def test_a_chunk_that_is_none_is_none_alone(damaged: bytes) -> None:
    reads = [Read(False, CHAT), Read(True, STREAM), Read(True, damaged), Read(True, chunk(EVENT))]
    (exchange,) = compare(reads, server="", by_server=False, reset=False)
    assert exchange.tokens == 0


class Length(NamedTuple):
    """What is kept of a head."""

    length: int | None


def chunks_of(*, quick: bool = True) -> MessageParser[Length]:
    """Return a parser at the size of a chunk."""
    parser = MessageParser(lambda _: Length(None), quick=quick)
    parser.expect(CHUNKED)
    return parser


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        (b"5\r\nhello\r\n", b"hello"),
        (b"1\r\n\n\r\n", b"\n"),
        (b"%015x\r\nhello\r\n" % 5, b"hello"),
        *((b"%s\r\n%s\r\n" % (line, b"x" * 26), b"x" * 26) for line in (b"1a", b"1A", b"01A", b"1A ;a")),
        (b"-2\r\n", b""),
        (b"5;a=b\r\nhello\r\n", b"hello"),
        (b"5;%s\r\nhello\r\n" % (b"x" * 14), b"hello"),
        # A longer line goes the long way, and so does whatever is not one chunk.
        (b"5;%s\r\nhello\r\n" % (b"x" * 15), b""),
        *((data, b"") for data in (b"", b"5", b"5\r", b"5\r\n", b"\r\n", b"\r\n5\r\n", b"5;%s\r\n" % (b"x" * 99))),
        *((b"5\r\nhello" + after, b"") for after in (b"", b"\r", b"xx", b"\r\n0\r\n", b"\r\n\r\n")),
        (b"6\r\nhello\r\n", b""),
        (b"4\r\nhello\r\n", b""),
        # The last one: trailers may follow.
        (b"0\r\n\r\n", b""),
    ],
)
def test_a_read_that_is_one_chunk_is_told_at_once(data: bytes, piece: bytes) -> None:
    assert chunks_of().chunk(data) == piece
    assert chunks_of(quick=False).chunk(data) == b""


def test_a_read_is_one_chunk_where_a_chunk_is_due() -> None:
    parser = chunks_of()
    for before, piece in ((b"5\r\nhello\r\n", b"hello"), (b"5\r\nhe", b""), (b"llo\r\n", b"hello"), (b"5;a", b"")):
        parser.feed(before, 0.0)
        parser.skip()
        assert parser.chunk(b"5\r\nhello\r\n") == piece
    parser.feed(b"\r\nhello\r\n0\r\n\r\n", 0.0)
    parser.skip()
    assert parser.done
    assert parser.chunk(b"5\r\nhello\r\n") == b""
    parser.expect(20)
    assert parser.chunk(b"5\r\nhello\r\n") == b""


def parser_of(parsed: list[Head], length: Callable[[Head], int | None]) -> MessageParser[Length]:
    """Return a parser that notes the heads which it parses."""

    def read(head: Head) -> Length:
        parsed.append(head)
        return Length(length(head))

    return MessageParser(read)


def stated(head: Head) -> int | None:
    return body_length(head.fields, b"HTTP/1.1")


def lengths(told: bytes, parsed: list[Head], length: Callable[[Head], int | None] = stated) -> list[int | None]:
    """Return the lengths that a parser reads in heads that come at once."""
    parser = parser_of(parsed, length)
    parser.feed(told, 0.0)
    found = []
    while parser.head() is not None:
        found.append(parser.length)
    return found


HEAD = b"POST / HTTP/1.1\r\nContent-Length: %d\r\nX: y\r\n\r\n"


def test_a_head_that_is_repeated_is_parsed_once_and_each_says_its_own_length() -> None:
    parsed: list[Head] = []
    assert lengths(b"".join(HEAD % length for length in (5, 0, 12_345, 10**17, 5)), parsed) == [5, 0, 12_345, 10**17, 5]
    assert len(parsed) == 1


def test_a_head_without_a_length_is_recognised_as_a_whole() -> None:
    parsed: list[Head] = []
    bare = b"GET / HTTP/1.1\r\nA: b\r\n\r\n"
    assert lengths(bare + bare + bare.replace(b"b", b"c") + bare, parsed) == [None] * 4
    assert len(parsed) == 3


@pytest.mark.parametrize(
    "other",
    [
        HEAD.replace(b"X", b"Y") % 7,
        HEAD.replace(b"POST", b"POSX") % 7,
        HEAD.replace(b"%d", b"07 "),
        HEAD.replace(b"%d", b""),
        HEAD.replace(b"%d", b"7" * 19),
        HEAD.replace(b"%d", b"+7"),
        HEAD.replace(b"%d", b"7_7"),
        HEAD.replace(b"X: y", b"X: y\r\nContent-Length: 7") % 7,
    ],
)
def test_another_head_is_parsed(other: bytes) -> None:
    parsed: list[Head] = []
    lengths(HEAD % 5 + other, parsed, lambda _: 5)
    assert len(parsed) == 2


@pytest.mark.parametrize(
    "head", [b"Content-Length: %d, %d\r\n", b"Content-Length: %d\r\nX: y\r\nContent-Length: %d\r\n"]
)
def test_a_length_that_is_stated_twice_is_compared_each_time(head: bytes) -> None:
    parsed: list[Head] = []
    whole = b"POST / HTTP/1.1\r\n" + head + b"\r\n"
    assert lengths(whole % (5, 5) + whole % (6, 6), parsed) == [5, 6]
    with pytest.raises(UnsupportedError):
        lengths(whole % (5, 5) + whole % (6, 5), parsed)


def test_where_the_framing_does_not_follow_from_the_length_none_is_assumed() -> None:
    parsed: list[Head] = []
    assert lengths(HEAD % 5 + HEAD % 6, parsed, lambda _: OPEN) == [OPEN, OPEN]
    assert len(parsed) == 2


def test_a_head_that_other_digits_could_make_too_long_is_not_recognised() -> None:
    for size, times in ((HEAD_BYTES - 18, 1), (HEAD_BYTES - 17, 2)):
        parsed: list[Head] = []
        head = HEAD % 5
        lengths(head.replace(b"y", b"y" * (size - len(head) + 1)) * 2, parsed)
        assert len(parsed) == times


def test_unless_it_is_quick_a_tap_keeps_no_head_nor_form(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    monkeypatch.setattr(RepeatedHead, "of", lambda head, *_: kept.append(head))
    monkeypatch.setattr(EventTemplate, "of", lambda block, *_: kept.append(block))
    for tap, least in (
        (Tap(lambda _: None, lambda name: name, lambda: 0.0, quick=False), []),
        (Tap(lambda _: None, lambda name: name, lambda: 0.0), [CHAT.removesuffix(b"{}"), STREAM, EVENT.strip()]),
    ):
        tap.client_bytes(CHAT)
        tap.server_bytes(STREAM + chunk(EVENT))
        assert kept == least


def test_of_a_repeated_head_no_bytes_are_kept() -> None:
    tap = Tap(lambda _: None, lambda name: name, lambda: 0.0)
    for _ in range(2):
        tap.client_bytes(CHAT.replace(b"Host: x", b"Authorization: Bearer secret"))
        tap.server_bytes(answer(chat(usage=USAGE), more="X-Key: secret\r\n"))
    seen: set[int] = set()
    waiting: list[object] = [tap]
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not isinstance(each, type | FunctionType | ModuleType | MethodType):
            seen.add(id(each))
            assert not (isinstance(each, bytes | bytearray | str) and "secret" in repr(each))
            waiting += gc.get_referents(each)
    assert len(seen) > 20
