"""Damaged conversations by the million: nothing but `LostError` is ever raised, and any cut into reads tells the same.

Damage is drawn from a seed, so that a case that fails can be repeated by its number alone. The tap's own boundary,
which would hide an error as blindness, is left out here.
"""

import random

import pytest

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.framing import LostError
from support.conversations import CASES
from support.wire import Seen, pass_cut

PUT_IN = (
    *(b"\r\n", b"\n\n", b"\r", b"\n", b"\0", b'"', b"{", b"}", b"[", b"]", b":", b"\\", b"\xff", b"\xed\xa0\x80"),
    *(b"0", b"9" * 20, b"null", b"data: ", b"\\ud800", b'"usage":{', b'"choices":[', b'"model":"', b'{"error":1}'),
    *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\x81\x05"),
)


def _damaged(draw: random.Random, whole: bytes) -> bytes:
    data = bytearray(whole)
    for _ in range(draw.randrange(5)):
        begin = draw.randrange(len(data) + 1)
        end = min(len(data), begin + draw.randrange(1, 40))
        match draw.randrange(6):
            case 0:
                data[begin : begin + 1] = bytes([draw.randrange(256)])
            case 1:
                del data[begin:end]
            case 2:
                data[begin:begin] = draw.choice(PUT_IN)
            case 3:
                data[begin:begin] = data[begin:end]
            case 4:
                data[begin:end] = draw.choice(PUT_IN)
            case _:
                data[begin:begin] = draw.choice(draw.choice(CASES))
    return bytes(data)


def _told(asked: bytes, answered: bytes, cuts: tuple[list[int], list[int]]) -> tuple[list[Exchange], list[bytes]]:
    """Read both directions without the boundary that hides errors."""
    seen = Seen()
    tap = seen.tap
    try:
        pass_cut(asked, cuts[0], tap._read_client)
        pass_cut(answered, cuts[1], tap._read_server)
    except LostError:
        tap._go_blind()
    tap.closed(by_server=True)
    return seen.exchanges, seen.hashed


@pytest.mark.parametrize("inputs", [2_000, pytest.param(3_000_000, marks=pytest.mark.long)])
def test_damage_of_any_kind_raises_nothing_else_and_tells_the_same_in_any_cut(inputs: int) -> None:
    for number in range(inputs):
        draw = random.Random(number)
        asked, answered = draw.choice(CASES)
        if draw.random() < 0.3:
            asked = _damaged(draw, asked)
        answered = _damaged(draw, answered)
        places = [draw.randrange(20_000) for _ in range(8)]
        whole = _told(asked, answered, ([], []))
        assert _told(asked, answered, (places[:4], places[4:])) == whole, number
