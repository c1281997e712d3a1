"""Damaged conversations by the million: only `UnsupportedError` is ever raised, and any cut into reads tells the same.

Damage is drawn from a seed, so that a case that fails can be repeated by its number alone. What a fuzzer found that was
new to it is kept and repeated here as well (`fuzz.meter`).
"""

import random
from pathlib import Path

import pytest

from fuzz.meter import CORPUS, PUT_IN
from shimmy_metrics.meter import bodies, lines, streams
from support.conversations import CASES
from support.random_connections import connection
from support.split_reads import Conversation, check, check_input, conversation_of, exchanges_of


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


@pytest.mark.parametrize("inputs", [2_000, pytest.param(3_000_000, marks=pytest.mark.long)])
def test_damage_of_any_kind_raises_nothing_else_and_tells_the_same_in_any_cut(inputs: int) -> None:
    for number in range(inputs):
        draw = random.Random(number)
        asked, answered = draw.choice(CASES)
        if draw.random() < 0.3:
            asked = _damaged(draw, asked)
        told = _damaged(draw, answered)
        check(Conversation(asked, told, by_server=draw.random() < 0.7, reset=draw.random() < 0.3), draw)


@pytest.mark.parametrize("kept", [None, 1_600])
@pytest.mark.parametrize("connections", [150, pytest.param(100_000, marks=pytest.mark.long)])
def test_what_happened_is_what_is_told_in_any_cut(
    connections: int, kept: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kept:  # what is too long to keep is soon reached
        monkeypatch.setattr(lines, "KEPT_BYTES", kept)
        monkeypatch.setattr(bodies, "KEPT_BYTES", kept)
        monkeypatch.setattr(streams, "_TEMPLATE_BYTES", kept // 3)
    for number in range(connections):
        draw = random.Random(number)
        asked, answered, happened = connection(draw)
        conversation = Conversation(asked, answered)
        exchanges, _ = exchanges_of(conversation)
        assert [(each.route, each.failed, each.tokens, each.token_source) for each in exchanges] == happened, number
        check(conversation, draw)


@pytest.mark.parametrize("kept", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_a_fuzzer_found_raises_nothing_else_and_tells_the_same_in_any_cut(kept: Path) -> None:
    check_input(kept.read_bytes())


def test_a_conversation_is_kept_as_one_input() -> None:
    for asked, told in CASES:
        for each in (Conversation(asked, told), Conversation(asked, told, False, True, "")):
            assert conversation_of(each.input()) == each
