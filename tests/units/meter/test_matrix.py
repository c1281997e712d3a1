"""Each API, whole and streamed, plain and compressed, finished, abandoned, failed and broken off: right, or said."""

import zlib
from collections.abc import Callable, Iterable
from typing import Final

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.vocabulary import TokenSource
from support.answered import ASCII, WIDE, Answered, Block
from support.dialects import recorded
from support.wire import Seen, answer, request

EVERY: Final = [*recorded(ASCII), *recorded(WIDE)]
STREAMED: Final = [each for each in EVERY if each.stream]
HEAD: Final = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n{}\r\n"
GZIP: Final = "Content-Encoding: gzip\r\n"
LAST: Final = b"0\r\n\r\n"


def name(answered: Answered) -> str:
    return f"{answered.name}{'' if answered.tokens % 11 == 0 else ', wide'}"


def packed(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Yield each piece compressed as a gateway does it: flushed, so that it can be read as it comes."""
    packer = zlib.compressobj(wbits=31)
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)


def unpacked(pieces: Iterable[bytes]) -> Iterable[bytes]:
    return pieces


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def told(answered: Answered, stream: bytes, *, by_server: bool = False) -> Exchange:
    (seen,) = Seen(answered.server).play(request(answered.path), stream, by_server=by_server)
    return seen


def right(seen: Exchange, tokens: int) -> None:
    """Assert that a figure is the true one, or that its word says what it is."""
    match seen.token_source:
        case None:
            assert tokens == 0
        case TokenSource.REPORTED:
            assert seen.tokens == tokens
        case TokenSource.COUNTED:
            assert abs(seen.tokens - tokens) <= max(2, 0.1 * tokens), "an event and a token are nearly the same"
        case TokenSource.UNKNOWN:
            assert seen.tokens == 0
            assert seen.unread is not None


@pytest.mark.parametrize("answered", EVERY, ids=name)
def test_a_whole_answer_that_is_finished_is_the_server_s_count(answered: Answered) -> None:
    seen = told(answered, answer(answered.whole))
    right(seen, answered.tokens)
    assert (seen.token_source is TokenSource.REPORTED) is answered.exact
    assert not seen.failed


@pytest.mark.parametrize("answered", EVERY, ids=name)
def test_a_whole_answer_that_is_compressed_or_cut_is_of_unknown_amount(answered: Answered) -> None:
    whole = answer(answered.whole)
    packed_answer = answer(zlib.compress(answered.whole, wbits=31), more=GZIP)
    body = whole.index(b"\r\n\r\n") + 4
    for stream in (packed_answer, packed_answer[:-3], whole[:body], whole[: len(whole) // 2], whole[:-1]):
        for by_server in (False, True):
            seen = told(answered, stream, by_server=by_server)
            assert (seen.tokens, seen.token_source) == (0, TokenSource.UNKNOWN)
            assert seen.unread is not None
            assert seen.failed is (by_server and stream is not packed_answer), "whose leaving it was"
    left, unanswered = told(answered, b""), told(answered, b"", by_server=True)
    assert (left.failed, left.token_source) == (False, TokenSource.UNKNOWN)
    assert (unanswered.failed, unanswered.token_source) == (True, None)


@pytest.mark.parametrize("answered", STREAMED, ids=name)
def test_a_stream_that_is_finished_is_the_server_s_count_where_it_gives_one(answered: Answered) -> None:
    stream = HEAD.format(answered.kind, "").encode() + b"".join(chunk(block.data) for block in answered.stream) + LAST
    seen = told(answered, stream)
    right(seen, answered.tokens)
    assert (seen.token_source is TokenSource.REPORTED) is answered.exact
    assert not seen.failed


@pytest.mark.parametrize("by_server", [False, True], ids=["abandoned", "broken off"])
@pytest.mark.parametrize("answered", STREAMED, ids=name)
def test_a_stream_that_ends_early_is_right_or_says_what_it_is(answered: Answered, by_server: bool) -> None:
    head = HEAD.format(answered.kind, "").encode()
    for end in range(1, len(answered.stream)):
        passed = answered.stream[:end]
        seen = told(answered, head + b"".join(chunk(block.data) for block in passed), by_server=by_server)
        right(seen, passed[-1].tokens)
        assert seen.failed is by_server
        # In the middle of an event as well; what is not whole is not read.
        half = chunk(answered.stream[end].data)[:-9]
        cut = told(answered, head + b"".join(chunk(block.data) for block in passed) + half, by_server=by_server)
        assert cut.token_source in (seen.token_source, TokenSource.UNKNOWN)


@pytest.mark.parametrize("packing", [unpacked, packed], ids=["plain", "gzip"])
@pytest.mark.parametrize("answered", EVERY, ids=name)
def test_an_error_in_an_answer_that_began_with_200_is_one_failure(
    answered: Answered, packing: Callable[[Iterable[bytes]], Iterable[bytes]]
) -> None:
    more = GZIP if packing is packed else ""
    seen = told(answered, answer(b"".join(packing([answered.error])), more=more))
    assert seen.failed is (packing is unpacked), "what is compressed cannot be read, and that is said"
    assert seen.token_source in ((None,) if packing is unpacked else (TokenSource.UNKNOWN,))
    for end in range(len(answered.stream) - 1):
        blocks = [*answered.stream[:end], Block(answered.stream_error, 0)]
        pieces = [chunk(piece) for piece in packing(block.data for block in blocks)]
        seen = told(answered, HEAD.format(answered.kind, more).encode() + b"".join(pieces) + LAST)
        assert seen.failed is (packing is unpacked)
        if packing is unpacked:
            right(seen, blocks[-2].tokens if end else 0)
        else:
            assert (seen.tokens, seen.token_source) == (0, TokenSource.UNKNOWN)


@pytest.mark.parametrize("by_server", [False, True], ids=["abandoned", "broken off"])
@pytest.mark.parametrize("answered", STREAMED, ids=name)
def test_a_compressed_stream_is_of_unknown_amount_wherever_it_ends(answered: Answered, by_server: bool) -> None:
    pieces = [chunk(piece) for piece in packed(block.data for block in answered.stream)]
    for end in (1, len(pieces) // 2, len(pieces)):
        seen = told(answered, HEAD.format(answered.kind, GZIP).encode() + b"".join(pieces[:end]), by_server=by_server)
        assert (seen.tokens, seen.token_source) == (0, TokenSource.UNKNOWN)
        assert seen.unread is not None
