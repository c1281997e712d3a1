"""Of a long answer only the ends are parsed, of one that is too long to keep its outline."""

import pytest

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.bodies import JsonBody, _without_choices, body_for
from shimmy_metrics.meter.lines import BYTE_ORDER_MARK
from shimmy_metrics.meter.usage import Usage
from support.wire import USAGE, chat, compact, delta, pass_cut


@pytest.mark.parametrize(
    ("whole", "ends"),
    [
        (b'{"id":1,"choices":[{"a":1}],"usage":{"b":2}}', b'{"id":1,"choices":[],"usage":{"b":2}}'),
        (b'{"choices":[{"a":1}],"model":"m","usage":{"b":2}}', b'{"choices":[],"model":"m","usage":{"b":2}}'),
        (b'{"model":"m","choices":[{}],"usage":{"b":2}}', b'{"model":"m","choices":[],"usage":{"b":2}}'),
        # What stands within the choices under the same names goes with them.
        (b'{"choices":[{"choices":[1]}],"usage":{"b":2}}', b'{"choices":[],"usage":{"b":2}}'),
        (b'{"choices":[{"usage":{"a":1}}],"usage":{"b":2}}', b'{"choices":[],"usage":{"b":2}}'),
        (b'{"choices":[{"model":"x"}],"model":"m","usage":{}}', b'{"choices":[],"model":"m","usage":{}}'),
    ],
)
def test_the_choices_of_a_long_answer_are_left_out(whole: bytes, ends: bytes) -> None:
    assert _without_choices(whole) == ends


@pytest.mark.parametrize(
    "body",
    [
        b'{"response":"a","usage":{"b":2}}',
        b'{"choices":[{"a":1}]}',
        b'{"usage":{"b":2},"choices":[{"a":1}]}',
        b'{"choices":["\\"usage":{"b":2}}',
        # Of several choices the ends do not tell how many, of a failed one nothing.
        b'{"choices":[{"finish_reason":"stop"},{"finish_reason":"stop"}],"usage":{"b":2},"timings":{}}',
        b'{"choices":[{"error":{"code":502}}],"usage":{"b":2}}',
        b"",
    ],
)
def test_an_answer_of_another_form_is_read_whole(body: bytes) -> None:
    assert _without_choices(body) == b""


def test_of_an_answer_that_is_too_long_its_outline_is_read_and_nothing_of_its_text_kept() -> None:
    body = chat("words " * 200_000, usage=USAGE)
    for size in (1_000, 65_536, len(body)):
        usage = Usage()
        reader = JsonBody(usage)
        for at in range(0, len(body), size):
            reader.feed(body[at : at + size])
            assert len(reader._kept) <= KEPT_BYTES
        reader.finish()
        assert (usage.reported, usage.content, usage.model) == (7, True, "m")
        assert not reader._kept
        assert reader._outline is None


def test_an_answer_whose_very_outline_is_too_long_is_of_unknown_amount() -> None:
    usage = Usage()
    body = JsonBody(usage)
    body.feed(b"{" + b",".join(b'"%d":0' % number for number in range(9_000)))
    body.finish(b"}")
    assert usage.content
    assert usage.reported is None


@pytest.mark.parametrize("before", [b"", b"\r\n\t ", BYTE_ORDER_MARK, BYTE_ORDER_MARK + b" \n" + BYTE_ORDER_MARK])
@pytest.mark.parametrize(
    ("body", "tokens", "understood"),
    [
        (chat(usage=USAGE), 7, True),
        (delta("a", usage=USAGE), 7, True),
        (b": remark\n\n" + delta("a", usage=USAGE), 7, True),
        (b"retry:9\r\rid: 1\r" + delta("a", usage=USAGE), 7, True),
        (b"some text\n\n" + delta("a", usage=USAGE), None, False),
        (b"data", None, False),
        (b"", None, False),
    ],
)
def test_the_first_bytes_tell_what_no_type_tells(
    before: bytes, body: bytes, tokens: int | None, understood: bool
) -> None:
    data = before + body
    for places in ([], list(range(len(data))), [2], [len(before) + 3]):
        usage = Usage()
        reader = body_for(b"text/plain; charset=utf-8", usage, bare=False)
        assert reader is not None
        pass_cut(data, places, reader.feed)
        reader.finish()
        assert (usage.reported, usage.understood) == (tokens, understood)


@pytest.mark.parametrize("kind", [b"", b"text/plain", b"application/octet-stream ; x=y"])
@pytest.mark.parametrize("first", [b"event: x\n", b"id: 1\n", b"retry: 1\n", b":\n", b"data:\n\n"])
def test_a_stream_without_a_type_may_begin_with_any_field(kind: bytes, first: bytes) -> None:
    usage = Usage()
    reader = body_for(kind, usage, bare=False)
    assert reader is not None
    reader.finish(first + delta("a", usage=USAGE))
    assert usage.reported == 7


def test_json_may_begin_with_a_byte_order_mark_and_be_an_array() -> None:
    for kind, body in (
        (b"application/json", BYTE_ORDER_MARK + chat(usage=USAGE)),
        (b"", b"[" + chat(usage=USAGE) + b"]"),
    ):
        usage = Usage()
        reader = body_for(kind, usage, bare=False)
        assert reader is not None
        reader.finish(body)
        assert usage.reported == 7


def test_of_an_array_of_answers_each_counts_in_any_cut() -> None:
    one = compact({"index": 0, "content": "words " * 400, "stop": True, "tokens_predicted": 3})
    answers = [one.replace(b'"index":0', b'"index":%d' % number) for number in range(40)]
    body = b"[" + b",".join(answers) + b"]"
    assert len(body) > 2 * KEPT_BYTES
    for size in (1_000, 65_536):
        usage = Usage()
        reader = JsonBody(usage)
        pass_cut(body, range(0, len(body), size), reader.feed)
        reader.finish()
        assert usage.reported == 120


def test_of_what_came_in_pieces_little_is_kept_whole() -> None:
    for size, is_kept in ((1_024, True), (1_025, False)):
        reader = JsonBody(Usage())
        for _ in range(size):
            reader.feed(b" ")
        assert (reader._outline is None) == is_kept
