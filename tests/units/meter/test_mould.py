"""The form of an event: what stands around its text, byte for byte, and the text alone may differ."""

import pytest

from shimmy_metrics.meter.mould import Mould
from shimmy_metrics.meter.tally import Tally

KEYS = ["content", "text", "reasoning_content", "response", "thinking", "partial_json", "arguments"]
FORM = Mould(b'{"content":"', b'"}')


@pytest.mark.parametrize("space", ["", " "])
@pytest.mark.parametrize("key", KEYS)
def test_text_has_a_form_under_each_of_its_names(key: str, space: str) -> None:
    def tell(event: bytes, tally: Tally) -> None:
        if not event.endswith(b'""}'):
            tally.piece(streamed=True)

    block = f'{{"{key}":{space}"words"}}'.encode()
    mould = Mould.of(block, tell)
    assert mould is not None
    assert mould.take(block, Tally())
    assert mould.take(block.replace(b"words", b"others"), Tally())
    assert not mould.take(block.replace(b"words", b""), Tally())


@pytest.mark.parametrize("text", ["a", "more words", "日本"])
def test_an_event_with_other_text_fits(text: str) -> None:
    tally = Tally()
    assert FORM.take(f'{{"content":"{text}"}}'.encode(), tally)
    assert (tally.content, tally.pieces, tally.uneven) == (True, 1, not text.isascii())


@pytest.mark.parametrize(
    "event",
    [
        b'{"content":""}',
        b'{"content":"a"b"}',
        b'{"content":"a\\n"}',
        b'{"content":"a\nb"}',
        b'{"content":"a"},',
        b'{"content":"a',
        b' {"content":"a"}',
        b'{"content":"}',
        b'"}',
    ],
)
def test_an_event_that_could_tell_something_else_does_not_fit(event: bytes) -> None:
    tally = Tally()
    assert not FORM.take(event, tally)
    assert not FORM.take_all(event + b"\n", b"\n", tally)
    assert (tally.content, tally.pieces) == (False, 0)


def test_events_that_all_fit_are_counted_at_once() -> None:
    tally = Tally()
    assert FORM.take_all(b'{"content":"a"}\n{"content":"b"}\n{"content":"c d"}\n', b"\n", tally)
    assert (tally.content, tally.pieces, tally.uneven) == (True, 3, False)
    assert FORM.take_all('{"content":"a"}\n{"content":"ë"}\n'.encode(), b"\n", tally)
    assert (tally.pieces, tally.uneven) == (5, True)


def test_where_no_text_is_a_piece_as_well_it_fits() -> None:
    def tell(event: bytes, tally: Tally) -> None:
        tally.piece(streamed=True)

    mould = Mould.of(b'{"content":"words"}', tell)
    assert mould is not None
    tally = Tally()
    assert mould.take(b'{"content":""}', tally)
    assert mould.take_all(b'{"content":"a"}\n{"content":""}\n', b"\n", tally)
    assert tally.pieces == 3
    assert not mould.take(b'{"content":"}', tally)
    assert not mould.take_all(b'{"content":"}\n', b"\n", tally)
    assert tally.pieces == 3


@pytest.mark.parametrize(
    "events",
    [
        b'{"content":"a"}\n{"content":"b"}',
        b'{"content":"a"}\n{"content":""}\n',
        b'{"content":"a"}\n{"other":"b"}\n',
        b'x{"content":"a"}\n{"content":"b"}\n',
        b'{"another":"a"}\n{"content":"b"}\n',
        b'{"content":"a"}\n{"content":"b"]\n',
    ],
)
def test_where_one_does_not_fit_none_is_counted(events: bytes) -> None:
    tally = Tally()
    assert not FORM.take_all(events, b"\n", tally)
    assert tally.pieces == 0
