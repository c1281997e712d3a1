"""A WebSocket is one exchange, and its text messages are pieces, however they are framed."""

import pytest

from shimmy_metrics.meter.head_fields import UnsupportedError
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.meter.websocket import Frames
from shimmy_metrics.vocabulary import TokenSource
from support.wire import SWITCH, UPGRADE, Seen, answer, frame, request

END = frame(b'{"done":true}')


def test_text_messages_are_pieces_and_nothing_else_is() -> None:
    frames = [
        frame(b"Hel"),
        frame(b"ping", 9),
        frame(b"lo ", final=False) + frame(b"", 10) + frame(b"", 0, final=False) + frame(b"you", 0),
        frame(b"x" * 300) + frame(b"x" * 70_000),
        frame(b"") + frame(b"", final=False) + frame(b"", 0),
        frame(b"\x00" * 9, 2),
        END,
    ]
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    seen.tap.server_bytes(SWITCH + b"".join(frames[:2]))
    seen.tap.client_bytes(b"\x81\x85mask\x00\x00\x00\x00\x00GET / HTTP/1.1\r\n\r\n")
    seen.tap.server_bytes(b"".join(frames[2:]))
    seen.tap.closed(by_server=True)
    (exchange,) = seen.exchanges
    told = (exchange.route, exchange.tokens, exchange.token_source, exchange.failed)
    assert told == ("/ws/generate", 6, TokenSource.COUNTED, False)


@pytest.mark.parametrize("error", [b'{"error":"model not found"}', b'{"error":"bad request: invalid type: "a", b"}'])
def test_an_error_is_a_failure_whether_or_not_it_is_json(error: bytes) -> None:
    (seen,) = Seen().play(UPGRADE, SWITCH + frame(b"a") + frame(error) + END)
    assert (seen.failed, seen.tokens) == (True, 1)


def test_what_follows_a_close_frame_is_not_read() -> None:
    (seen,) = Seen().play(UPGRADE, SWITCH + frame(b"a") + frame(b"\x03\xe8", 8) + b"anything" + frame(b"b"))
    assert seen.tokens == 1


def test_a_message_that_was_cut_short_tells_nothing() -> None:
    (seen,) = Seen().play(UPGRADE, SWITCH + frame(b"a") + frame(b"bcdef")[:-1])
    assert seen.tokens == 1


@pytest.mark.parametrize(
    ("frames", "failed"),
    [
        (frame(b"a"), True),
        (frame(b"a") + END, False),
        (frame(b"a") + END + frame(b"ping", 9), False),
        (frame(b"a") + frame(b"\x03\xe8", 8) + frame(b"b"), False),
    ],
)
def test_a_reset_breaks_off_what_was_not_over(frames: bytes, failed: bool) -> None:
    (seen,) = Seen().play(UPGRADE, SWITCH + frames, reset=True)
    assert (seen.failed, seen.tokens) == (failed, 1)
    (left,) = Seen().play(UPGRADE, SWITCH + frames, reset=True, by_server=False)
    assert not left.failed


def test_a_generation_of_nothing_tells_no_tokens() -> None:
    (seen,) = Seen().play(UPGRADE, SWITCH + END)
    assert (seen.tokens, seen.token_source, seen.failed) == (0, None, False)


def test_compressed_messages_are_unknown() -> None:
    switch = SWITCH.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    for first in (b"\xc1", b"\x81"):
        (seen,) = Seen().play(UPGRADE, switch + first + b"\x02ab")
        assert (seen.tokens, seen.token_source) == (0, TokenSource.UNKNOWN)


def test_frames_of_another_route_or_another_server_are_not_tokens() -> None:
    (seen,) = Seen().play(UPGRADE.replace(b"/ws/generate", b"/socket.io"), SWITCH + frame(b"a"))
    assert (seen.route, seen.tokens, seen.token_source) == ("other", 0, None)
    (seen,) = Seen("").play(UPGRADE, SWITCH + frame(b"a"))
    assert (seen.route, seen.token_source) == ("/ws/generate", None)


def test_a_server_that_does_not_switch_goes_on_with_http() -> None:
    seen = Seen().play(UPGRADE + request("/v1/models", "GET"), answer(b"", status="400 Bad Request") + answer(b"{}"))
    assert [(each.route, each.failed) for each in seen] == [("/ws/generate", True), ("/v1/models", False)]


@pytest.mark.parametrize(
    "frames",
    [
        b"\x81\x85masked!!!",
        b"\xf1\x01a",
        b"\x83\x01a",
        b"\x80\x01a",
        b"\x01\x01a\x81\x01b",
        b"\x09\x01a",
        b"\x89\x7e\x00\x80" + b"a" * 128,
        b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
)
def test_what_is_no_server_s_frame_makes_it_blind(frames: bytes) -> None:
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    seen.tap.server_bytes(SWITCH + frames)
    assert seen.tap.disabled
    seen.tap.closed(by_server=True)
    assert [(each.failed, each.tokens) for each in seen.exchanges] == [(False, 0)]


def test_another_protocol_makes_it_blind() -> None:
    seen = Seen()
    seen.tap.client_bytes(UPGRADE)
    seen.tap.server_bytes(SWITCH.replace(b"websocket", b"h2c"))
    assert seen.tap.disabled


def pieces(*frames: bytes) -> int:
    usage = Usage()
    Frames(usage).feed(b"".join(frames))
    return usage.pieces


def test_an_empty_frame_ends_a_message_though_nothing_follows() -> None:
    assert pieces(frame(b"a", final=False), frame(b"", 0)) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_frames_tell_the_same_in_pieces_of_any_size(size: int) -> None:
    data = frame(b"a") + frame(b"x" * 200, final=False) + frame(b"ping", 9) + frame(b"yz", 0) + frame(b"b") + END
    usage = Usage()
    frames = Frames(usage)
    for at in range(0, len(data), size):
        assert not frames.over
        frames.feed(data[at : at + size])
    assert (usage.pieces, frames.over) == (3, True)


def test_a_control_frame_within_a_message_is_no_part_of_it() -> None:
    halves = frame(b'{"done"', final=False), frame(b"ping", 9), frame(b":true}", 0)
    assert pieces(*halves) == 0


def test_a_control_frame_holds_at_most_125_bytes() -> None:
    assert pieces(frame(b"p" * 125, 9), frame(b"a")) == 1
    with pytest.raises(UnsupportedError):
        pieces(frame(b"p" * 126, 9))


def test_of_a_message_that_ended_nothing_is_kept() -> None:
    frames = Frames(Usage())
    for data in (frame(b"words"), frame(b"more words"), frame(b"", 8) + b"words that follow"):
        frames.feed(data)
        assert (frames._buffer, frames._first) == (b"", b"")
    cut = Frames(Usage())
    cut.feed(frame(b"words cut short")[:-3] + b"\x81")
    cut.finish()
    assert (cut._buffer, cut._first) == (b"", b"")
