"""Messages come out as they went in, however the stream cuts them."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver.frames import FrameBuffer, framed, receive_frame

MESSAGES = st.lists(st.binary(max_size=300), max_size=8)


@given(MESSAGES, st.lists(st.integers(1, 40)))
def test_what_arrives_in_pieces_is_split_into_the_messages_that_were_sent(
    messages: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(map(framed, messages))
    frames = FrameBuffer()
    got: list[bytes] = []
    for cut in (*cuts, len(stream) + 1):
        got += frames.feed(stream[:cut])
        stream = stream[cut:]
    assert got == messages


@given(MESSAGES)
def test_one_message_is_read_at_a_time_and_the_end_is_told(messages: list[bytes]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"".join(map(framed, messages)) + framed(b"cut off")[:-1])
        ours.shutdown(socket.SHUT_WR)
        assert [receive_frame(theirs) for _ in messages] == messages
        with pytest.raises(EOFError):
            receive_frame(theirs)
