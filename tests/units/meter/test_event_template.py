"""The form of an event: what stands around its text, byte for byte, and the text alone may differ."""

import string

import pytest

from shimmy_metrics.meter.event_template import EventTemplate
from shimmy_metrics.meter.usage import Usage

KEYS = ["content", "text", "reasoning_content", "response", "thinking", "partial_json", "arguments", "delta"]
FORM = EventTemplate(b'{"content":"', b'"}', b"\n")


@pytest.mark.parametrize("space", ["", " "])
@pytest.mark.parametrize("key", KEYS)
def test_text_has_a_form_under_each_of_its_names(key: str, space: str) -> None:
    def tell(event: bytes, usage: Usage) -> None:
        if not event.endswith(b'""}'):
            usage.piece(streamed=True)

    block = f'{{"{key}":{space}"words"}}'.encode()
    event_template = EventTemplate.of(block, b"\n", tell)
    assert event_template is not None
    assert event_template.take(block, Usage())
    assert event_template.take(block.replace(b"words", b"others"), Usage())
    assert not event_template.take(block.replace(b"words", b""), Usage())


@pytest.mark.parametrize(
    "text", ["a", "more words", "日本", string.ascii_letters, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\x7f"]
)
def test_an_event_with_other_text_fits(text: str) -> None:
    usage = Usage()
    assert FORM.take(f'{{"content":"{text}"}}'.encode(), usage)
    assert (usage.content, usage.pieces, usage.uneven) == (True, 1, not text.isascii())


@pytest.mark.parametrize(
    "event",
    [
        b'{"content":""}',
        b'{"content":"a"b"}',
        b'{"content":"a\\n"}',
        b'{"content":"a\nb"}',
        b'{"content":"a\rb"}',
        b'{"content":"\0"}',
        b'{"content":"\xe2"}',
        b'{"content":"\xed\xa0\x80"}',
        b'{"content":"a"},',
        b'{"content":"a',
        b' {"content":"a"}',
        b'{"content":"}',
        b'"}',
    ],
)
def test_an_event_that_could_tell_something_else_does_not_fit(event: bytes) -> None:
    usage = Usage()
    assert not FORM.take(event, usage)
    assert not FORM.take_all(event + b"\n", usage)
    assert (usage.content, usage.pieces) == (False, 0)


def test_events_that_all_fit_are_counted_at_once() -> None:
    usage = Usage()
    assert FORM.take_all(b'{"content":"a"}\n{"content":"b"}\n{"content":"c d"}\n', usage)
    assert (usage.content, usage.pieces, usage.uneven) == (True, 3, False)
    assert FORM.take_all('{"content":"a"}\n{"content":"ë"}\n'.encode(), usage)
    assert (usage.pieces, usage.uneven) == (5, True)


def test_where_no_text_is_a_piece_as_well_it_fits() -> None:
    def tell(event: bytes, usage: Usage) -> None:
        usage.piece(streamed=True)

    event_template = EventTemplate.of(b'{"content":"words"}', b"\n", tell)
    assert event_template is not None
    usage = Usage()
    assert event_template.take(b'{"content":""}', usage)
    assert event_template.take_all(b'{"content":"a"}\n{"content":""}\n', usage)
    assert event_template.take_all(b'{"content":""}\n', usage)
    assert usage.pieces == 4
    assert not event_template.take(b'{"content":"}', usage)
    assert not event_template.take_all(b'{"content":"}\n', usage)
    assert usage.pieces == 4


@pytest.mark.parametrize(
    "events",
    [
        b'{"content":"a"}\n{"content":"b"}',
        b'{"content":"a"}\n{"content":""}\n',
        b'{"content":"a"}\n{"other":"b"}\n',
        b'x{"content":"a"}\n{"content":"b"}\n',
        b'{"another":"a"}\n{"content":"b"}\n',
        b'{"content":"a"}\n{"content":"b"]\n',
        b'{"content":"\xe2\x82"}\n{"content":"\xac"}\n',
    ],
)
def test_where_one_does_not_fit_none_is_counted(events: bytes) -> None:
    usage = Usage()
    assert not FORM.take_all(events, usage)
    assert usage.pieces == 0
