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
    assert mould.fits(block)
    assert mould.fits(block.replace(b"words", b"others"))


@pytest.mark.parametrize("text", ["a", "more words", "日本"])
def test_an_event_with_other_text_fits(text: str) -> None:
    assert FORM.fits(f'{{"content":"{text}"}}'.encode())


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
    assert not FORM.fits(event)
    assert FORM.count(event + b"\n", b"\n") == 0


def test_events_that_all_fit_are_counted_at_once() -> None:
    assert FORM.count(b'{"content":"a"}\n{"content":"b"}\n{"content":"c d"}\n', b"\n") == 3


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
    assert FORM.count(events, b"\n") == 0
