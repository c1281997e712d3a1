"""A whole answer is parsed; of one that is too long to keep, or damaged, its outline is."""

import pytest

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.bodies import Form, JsonBody, body_for, form_of
from shimmy_metrics.meter.event_template import EventTemplate
from shimmy_metrics.meter.lines import BYTE_ORDER_MARK
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.vocabulary import TokenSource
from support.split_reads import Conversation, exchanges_of
from support.wire import CHAT, USAGE, answer, chat, compact, delta, pass_cut

LONG = chat("words " * 999, usage=USAGE)
MANY = compact({"choices": [{"text": "words " * 999, "logprobs": [0] * 99}], "usage": USAGE})


@pytest.mark.parametrize(
    ("damaged", "tokens"),
    [
        (LONG, 7),
        # Damage in what an outline leaves out: the figure beside it counts.
        (LONG.replace(b"words", b"w\xff\n\\q", 1), 7),
        (MANY.replace(b"0]", b"z]"), 7),
        # Damage in what it keeps: nothing counts, whatever stands at the ends.
        (LONG.replace(b'"assistant"', b'"assis\xfftant"'), 0),
        (LONG.replace(b'"index"', b'"index'), 0),
        (LONG.replace(b"words", b'","usage":{', 1), 0),
        # A short one is parsed as it is.
        (chat("words", usage=USAGE).replace(b"words", b"w\xff"), 0),
    ],
)
def test_a_damaged_answer_tells_the_same_in_any_cut(damaged: bytes, tokens: int) -> None:
    told = answer(damaged)
    for places in ([], [150], [200, 1_500], range(0, len(told), 7)):
        (exchange,), _ = exchanges_of(Conversation(CHAT, told), ((), places))
        source = TokenSource.REPORTED if tokens else TokenSource.UNKNOWN
        assert (exchange.tokens, exchange.token_source) == (tokens, source), places


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
        (b"X" + chat(usage=USAGE), None, False),
        (b"X" + delta("a", usage=USAGE), None, False),
        (b"", None, False),
    ],
)
def test_the_first_bytes_tell_what_no_type_tells(
    before: bytes, body: bytes, tokens: int | None, understood: bool
) -> None:
    data = before + body
    for places in ([], list(range(len(data))), [2], [len(before) + 3]):
        usage = Usage()
        reader = body_for(form_of(b"text/plain; charset=utf-8"), usage, bare=False)
        assert reader is not None
        pass_cut(data, places, reader.feed)
        reader.finish()
        assert (usage.reported, usage.understood) == (tokens, understood)
    usage = Usage()
    reader = body_for("untold", usage, bare=False)
    assert reader is not None
    reader.finish(data)
    assert (usage.reported, usage.understood) == (tokens, understood)


@pytest.mark.parametrize("first", [b"note: x\n\n", b"\n\n", b": remark\n\n"])
def test_where_the_type_tells_the_first_bytes_do_not(first: bytes) -> None:
    for data, tokens in ((first + delta("a", usage=USAGE), 7), (chat(usage=USAGE), None)):
        usage = Usage()
        reader = body_for("events", usage, bare=False)
        assert reader is not None
        reader.feed(data)
        reader.finish()
        assert usage.reported == tokens


@pytest.mark.parametrize("kind", [b"", b"text/plain", b"application/octet-stream ; x=y"])
@pytest.mark.parametrize("first", [b"event: x\n", b"id: 1\n", b"retry: 1\n", b":\n", b"data:\n\n"])
def test_a_stream_without_a_type_may_begin_with_any_field(kind: bytes, first: bytes) -> None:
    usage = Usage()
    reader = body_for(form_of(kind), usage, bare=False)
    assert reader is not None
    reader.finish(first + delta("a", usage=USAGE))
    assert usage.reported == 7


def test_json_may_begin_with_a_byte_order_mark_and_be_an_array() -> None:
    for kind, body in (
        (b"application/json", BYTE_ORDER_MARK + chat(usage=USAGE)),
        (b"", b"[" + chat(usage=USAGE) + b"]"),
    ):
        usage = Usage()
        reader = body_for(form_of(kind), usage, bare=False)
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


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (b"application/json", "json"),
        (b"application/json; charset=utf-8", "json"),
        (b"application/json \t;a;b", "json"),
        (b"text/event-stream", "events"),
        (b"application/x-ndjson", "lines"),
        (b"application/jsonl", "lines"),
        (b"application/json-lines; charset=utf-8", "lines"),
        (b"", "untold"),
        (b";", "untold"),
        (b"text/plain", "untold"),
        (b"application/octet-stream", "untold"),
        (b"text/html", "other"),
        (b"application/jsonx", "other"),
        (b"application/json\x0b;a", "other"),
        (b"x;application/json", "other"),
    ],
)
def test_a_type_says_how_a_body_is_read(kind: bytes, form: str) -> None:
    assert form_of(kind) == form


@pytest.mark.parametrize("form", ["json", "events", "lines", "untold", "other"])
def test_where_nothing_is_generated_a_body_that_is_no_json_nor_a_stream_tells_nothing(form: Form) -> None:
    told_by = body_for(form, Usage(generates=False), bare=False)
    assert (told_by is None) == (form in ("untold", "other"))
    assert body_for(form, Usage(), bare=False) is not None


@pytest.mark.parametrize(
    ("form", "block"),
    [("events", delta("a")), ("untold", delta("a")), ("lines", b'{"response":"a","done":false}\n')],
)
def test_unless_it_is_quick_each_event_of_a_body_is_parsed(
    form: Form, block: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []
    monkeypatch.setattr(EventTemplate, "of", lambda block, *_: tried.append(block))
    usage = Usage()
    for body in (body_for(form, usage, bare=False, quick=False), body_for(form, usage, bare=False)):
        assert (usage.pieces, tried) in ((0, []), (1, []))
        assert body is not None
        body.feed(block)
    assert (usage.pieces, len(tried)) == (2, 1)


def test_of_what_is_not_generated_the_name_at_the_top_is_read_and_little_is_kept() -> None:
    long = compact({"data": [{"embedding": [0.5] * 9_000}], "model": "m", "usage": {"prompt_tokens": 5}})
    longer = long.replace(b'"model"', b'"%s":1,' % (b"x" * 1_000) * 3 + b'"model"')
    for body, name in ((long, "m"), (longer, None)):
        usage = Usage(generates=False)
        reader = JsonBody(usage)
        pass_cut(body, range(0, len(body), 1_000), reader.feed)
        reader.finish()
        assert usage.model == name
