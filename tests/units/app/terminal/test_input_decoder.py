"""How input is split: whole keys and sequences alone come out, whatever arrives, in whatever pieces."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.app.terminal.input_decoder import (
    ESCAPE_SECONDS,
    PASTE_BYTES,
    SEQUENCE_BYTES,
    TORN_PASTE_SECONDS,
    TORN_SECONDS,
    InputDecoder,
    InputKind,
    InputPiece,
)
from support.input_bytes import ANSWERS, NO_TEXT, PASTES

SOON = TORN_SECONDS * 0.9
LATE = TORN_SECONDS * 1.1

PIECES = st.one_of(
    st.sampled_from((*ANSWERS, *NO_TEXT, *PASTES)), st.binary(max_size=8), st.text(max_size=4).map(str.encode)
)


def decoded(*parts: bytes | float) -> list[InputPiece]:
    """Return what comes out of parts that arrive one after another; a number is a pause in seconds."""
    decoder, now = InputDecoder(), 0.0
    found: list[InputPiece] = []
    for part in parts:
        if isinstance(part, bytes):
            found += decoder.feed(part, now)
        else:
            now += part
            found += decoder.tick(now)
    return [*found, *decoder.tick(now + 2 * TORN_PASTE_SECONDS)]


def texts(found: Sequence[InputPiece], kind: InputKind = InputKind.CHARACTER) -> str:
    return "".join(each.text for each in found if each.kind is kind)


@pytest.mark.parametrize("answer", ANSWERS, ids=ascii)
def test_of_a_whole_answer_nothing_becomes_a_character(answer: bytes) -> None:
    assert texts(decoded(b"a" + answer + b"b")) == "ab"


@pytest.mark.parametrize("answer", ANSWERS, ids=ascii)
def test_nor_of_one_that_comes_byte_by_byte_with_pauses(answer: bytes) -> None:
    parts = [part for each in answer for part in (bytes([each]), SOON)]
    assert texts(decoded(*parts, LATE, b"n")) == "n"


@pytest.mark.parametrize("answer", [each for each in ANSWERS if b"\x9c" not in each], ids=ascii)
def test_nor_of_one_that_never_ends(answer: bytes) -> None:
    for end in range(1, len(answer)):
        assert texts(decoded(answer[:end], LATE, b"n")) == "n", answer[:end]


@pytest.mark.parametrize("data", NO_TEXT, ids=ascii)
def test_bytes_that_are_not_utf8_are_no_key_and_what_follows_is(data: bytes) -> None:
    assert decoded(data) == []
    assert texts(decoded(data, b"q")) == "q"
    assert texts(decoded(data, LATE, b"q")) == "q"


def test_a_character_that_comes_in_pieces_is_whole() -> None:
    assert texts(decoded(b"\xf0\x9f", SOON, b"\x98", SOON, b"\x80")) == "\U0001f600"
    assert texts(decoded(b"\xf0\x9f", LATE, b"\x98\x80")) == ""


def test_a_lone_esc_is_the_escape_key_after_a_moment() -> None:
    decoder = InputDecoder()
    assert list(decoder.feed(b"\x1b", 0.0)) == []
    assert decoder.deadline == ESCAPE_SECONDS
    assert list(decoder.tick(ESCAPE_SECONDS / 2)) == []
    assert list(decoder.tick(ESCAPE_SECONDS)) == [InputPiece(InputKind.ESCAPE, "\x1b")]
    assert list(decoder.tick(TORN_SECONDS)) == []
    assert decoder.deadline is None


def test_what_waited_to_be_read_is_not_late() -> None:
    decoder = InputDecoder()
    assert list(decoder.feed(b"\x1b", 0.0)) == []
    assert list(decoder.feed(b"[0n", 2 * TORN_SECONDS)) == [InputPiece(InputKind.SEQUENCE, "\x1b[0n")]
    assert list(decoder.feed(b"\xe2\x82", 2 * TORN_SECONDS)) == []
    assert list(decoder.feed(b"\xac", 4 * TORN_SECONDS)) == [InputPiece(InputKind.CHARACTER, "\u20ac")]


def test_the_rest_of_a_sequence_whose_esc_came_long_before_is_no_key() -> None:
    assert texts(decoded(b"\x1b", 2 * ESCAPE_SECONDS, b"[0n")) == ""
    assert texts(decoded(b"\x1b", 2 * ESCAPE_SECONDS, b"]11;rgb:ffff/ffff/ffff\x07")) == ""
    assert texts(decoded(b"\x1b", 2 * ESCAPE_SECONDS, b"[", SOON, b"0", SOON, b"n")) == ""
    assert texts(decoded(b"\x1b", 2 * ESCAPE_SECONDS, b"[A"), InputKind.SEQUENCE) == "\x1b[A"


def test_a_bracket_typed_after_escape_is_a_key_after_all() -> None:
    assert texts(decoded(b"\x1b", 2 * ESCAPE_SECONDS, b"]")) == "]"
    assert texts(decoded(b"\x1b", 2 * ESCAPE_SECONDS, b"]", LATE, b"y")) == "]y"
    assert texts(decoded(b"\x1b", LATE, b"]")) == "]"


def test_letters_that_stand_alone_are_keys() -> None:
    assert texts(decoded(b"n", 2.0, b"y", 0.01, "é日".encode())) == "nyé日"


@pytest.mark.parametrize(
    ("data", "sequence"),
    [
        (b"\x1b[A", "\x1b[A"),
        (b"\x1bOP", "\x1bOP"),
        (b"\x1b[[E", "\x1b[[E"),
        (b"\x1b[3$", "\x1b[3$"),
        (b"\x1bn", "\x1bn"),
        (b"\x9bA", "\x1b[A"),
        (b"\xc2\x9bA", "\x1b[A"),
        ("\x1bé".encode(), "\x1bé"),
    ],
)
def test_a_sequence_comes_out_whole_and_begins_with_esc(data: bytes, sequence: str) -> None:
    assert decoded(data, b"j") == [InputPiece(InputKind.SEQUENCE, sequence), InputPiece(InputKind.CHARACTER, "j")]


def test_a_second_esc_begins_anew() -> None:
    assert decoded(b"\x1b\x1b[A") == [InputPiece(InputKind.ESCAPE, "\x1b"), InputPiece(InputKind.SEQUENCE, "\x1b[A")]
    assert texts(decoded(b"\x1b[0\x1b[0n")) == ""
    assert texts(decoded(b"\x1b]11;\x1b[0n")) == ""


def test_a_paste_is_one_piece_whatever_is_in_it() -> None:
    pasted = b"\x1b[200~y\n\x1b[0n\xe9\x1b[200~\tz\x1b[201~"
    wanted = [InputPiece(InputKind.PASTE, "y\n[0n[200~\tz"), InputPiece(InputKind.CHARACTER, "j")]
    assert decoded(pasted + b"j") == wanted
    for place in range(len(b"\x1b["), len(pasted)):
        assert decoded(pasted[:place], SOON, pasted[place:] + b"j") == wanted


def test_a_paste_whose_end_is_lost_ends_by_itself_and_answers_nothing_before() -> None:
    assert texts(decoded(b"\x1b[200~abc", TORN_PASTE_SECONDS - 0.1, b"y")) == ""
    assert texts(decoded(b"\x1b[200~abc", TORN_PASTE_SECONDS + 0.1, b"y")) == "y"


def test_what_is_too_long_is_dropped_and_its_rest_is_no_key() -> None:
    for begin, end in ((b"\x1b[", b"A"), (b"\x1b]", b"\x07"), (b"\x1bP", b"\x1b\\"), (b"\x1bO", b"P")):
        found = decoded(begin + b"1" * (SEQUENCE_BYTES + 1), b"1" * SEQUENCE_BYTES, end, b"j")
        assert texts(found) == "j"
        assert all(len(each.text) < SEQUENCE_BYTES * 2 for each in found)
    (paste,) = decoded(b"\x1b[200~" + b"x" * (PASTE_BYTES + 9) + b"\x1b[201~")
    assert len(paste.text) == PASTE_BYTES


@given(st.lists(PIECES, max_size=6).map(b"".join), st.lists(st.integers(0, 60), max_size=6))
def test_it_does_not_matter_in_how_many_reads_it_comes(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    parts = [data[begin:end] for begin, end in pairwise(places)]
    assert decoded(*parts) == decoded(data)


@given(st.lists(st.one_of(PIECES, st.floats(0.0, 6.0)), max_size=12))
def test_whatever_comes_it_is_ready_again_after_silence(parts: list[bytes | float]) -> None:
    assert decoded(*parts, 2 * TORN_PASTE_SECONDS, b"j")[-1] == InputPiece(InputKind.CHARACTER, "j")
