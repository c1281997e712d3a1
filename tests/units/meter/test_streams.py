"""Counting events by the form they share tells what reading each of them tells."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.event_template import EventTemplate
from shimmy_metrics.meter.streams import BareEvents, Blocks, Events, Lines, data_of
from shimmy_metrics.meter.usage import Usage
from support.wire import USAGE, compact, delta, event, pass_cut


def _read_event(block: bytes, usage: Usage) -> None:
    Events(usage)._read_event(block, usage)


def anthropic(text: str) -> bytes:
    told = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    return b"event: content_block_delta\n" + event(told)


def spaced(text: str) -> bytes:
    return delta(text).replace(b'":', b'": ').replace(b',"', b', "')


def reasoned(text: str) -> bytes:
    return event({"model": "m", "choices": [{"delta": {"content": "", "reasoning_content": text}}]})


def dated(text: str) -> bytes:
    return delta(text, created=len(text) % 3)


def accounted(text: str) -> bytes:
    return delta(text, usage={**USAGE, "completion_tokens": len(text)})


FORMS = [delta, anthropic, spaced, reasoned, dated, accounted]
texts = (
    st.sampled_from(["a", " b", "", 'c"', "d\n", "\\", "ë", "日本", "😀", "g" * 300, '"content":"x"', "\n\ndata: "])
    | st.text()
)


@pytest.mark.parametrize("form", [delta, anthropic, spaced, reasoned])
def test_an_event_with_one_text_has_a_form(form: Callable[[str], bytes]) -> None:
    event_template = EventTemplate.of(form("a")[:-2], b"\n\n", _read_event)
    assert event_template is not None
    whole = b"".join(map(form, ["b", " c", "日本"]))
    usage = Usage()
    assert event_template.take_all(whole, usage)
    for other in (form('"'), form("\n"), b"id: 1\n" + form("a"), form("a").replace(b"{", b"[", 1)):
        assert not event_template.take_all(whole + other + whole, usage)
        assert not event_template.take(other[:-2], usage)
    assert (usage.pieces, usage.uneven) == (3, True)


@pytest.mark.parametrize(
    "block",
    [
        delta("a", usage=USAGE),
        delta("a", timings={"predicted_n": 3}),
        event({"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}),
        # Without the first text it is one piece, and with it two.
        event({"choices": [{"delta": {"reasoning_content": "a"}}, {"delta": {"reasoning_content": "b"}}]}),
        event({"error": {"content": "a"}}),
        delta('"'),
        delta(""),
    ],
)
def test_an_event_whose_text_does_not_decide_alone_has_no_form(block: bytes) -> None:
    assert EventTemplate.of(block[:-2], b"\n\n", _read_event) is None


@given(st.lists(st.tuples(st.sampled_from(FORMS), texts), max_size=30), st.lists(st.integers(0, 9_000), max_size=6))
def test_counting_by_form_tells_what_reading_tells(
    told: list[tuple[Callable[[str], bytes], str]], places: list[int]
) -> None:
    data = b"".join(form(text) for form, text in told)
    by_form, by_reading = Usage(), Usage()
    counting, reading = Events(by_form), Events(by_reading, quick=False)
    for stream in (counting, reading):
        pass_cut(data, places, stream.feed)
        stream.finish()
    assert (by_form.result(), by_form.model) == (by_reading.result(), by_reading.model)


@pytest.mark.parametrize(
    ("kind", "made", "tries"),
    [
        (Lines, Lines, 16),
        (Events, Events, 16),
        (Lines, lambda usage: Lines(usage, quick=False), 0),
        (Events, lambda usage: Events(usage, quick=False), 0),
    ],
)
def test_a_stream_whose_form_never_repeats_is_tried_a_few_times_only(
    kind: type[Lines | Events], made: Callable[[Usage], Lines], tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []
    monkeypatch.setattr(EventTemplate, "of", lambda block, *_: tried.append(block))
    usage = Usage()
    stream = made(usage)
    for number in range(1_000):
        line = compact({"model": "m", "created_at": number, "response": "a", "done": False})
        stream.feed(line + b"\n" if kind is Lines else b"data: " + line + b"\n\n")
    assert (usage.pieces, len(tried)) == (1_000, tries)


def test_an_event_without_text_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    monkeypatch.setattr(EventTemplate, "of", lambda block, *_: tried.append(block))
    assert told(Lines, b'{"response":"a"}\n', b'{"note":"a"}\n' * 20, b'{"response":"b"}\n').pieces == 2
    assert tried == [b'{"response":"a"}', b'{"response":"b"}']


@pytest.mark.parametrize(("size", "tries"), [(4_096, 1), (4_097, 0)])
def test_a_form_may_be_as_long_as_its_limit_and_no_longer(
    size: int, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []
    monkeypatch.setattr(EventTemplate, "of", lambda block, *_: tried.append(block))
    usage = Usage()
    line = compact({"response": "a", "context": ["x" * 1_000] * 4, "done": False})
    Lines(usage).feed(line.replace(b"done", b"done" + b"x" * (size - len(line))) + b"\n")
    assert (usage.pieces, len(tried)) == (1, tries)


def told(kind: type[BareEvents | Events | Lines], *data: bytes) -> Usage:
    """Return what a stream told that came in these pieces, and that then ended."""
    usage = Usage()
    stream: Blocks = kind(usage)
    for piece in data:
        stream.feed(piece)
    stream.finish()
    return usage


@pytest.mark.parametrize(
    ("block", "data"),
    [
        (b"data: a", b"a"),
        (b"data:a", b"a"),
        (b"data:  a", b" a"),
        (b"data: a\ndata: b", b"a\nb"),
        (b"event: x\ndata: a\nid: 7", b"a"),
        (b"data:", b""),
        (b": a remark\ndata", None),
        (b" data: a", None),
    ],
)
def test_an_event_s_data_are_its_data_lines(block: bytes, data: bytes | None) -> None:
    assert data_of(block) == data


def test_json_may_be_spread_over_data_lines() -> None:
    assert told(Events, delta("a").replace(b'"choices"', b'\ndata: "choices"')).pieces == 1


@pytest.mark.parametrize("error", [b"[ERROR] out of context", b'{"error":"no such model"}'])
def test_a_bare_stream_s_error_is_a_failure_and_no_text(error: bytes) -> None:
    usage = told(BareEvents, b"data: a\n\n", b"data: %s\n\n" % error)
    assert (usage.pieces, usage.failed) == (1, True)


def test_the_end_of_a_bare_stream_is_no_text() -> None:
    assert told(BareEvents, b"data: a\r\n\r\ndata: [DONE]\r\nid: 7\r\n\r\n").pieces == 1


@pytest.mark.parametrize("before", [b" ", b"X"])
def test_a_field_s_name_begins_its_line(before: bytes) -> None:
    assert told(Events, delta("a") + before + delta("b")).pieces == 1


@pytest.mark.parametrize("kind", [BareEvents, Events])
def test_a_stream_that_says_no_more_than_its_end_generated_nothing(kind: type[BareEvents | Events]) -> None:
    usage = told(kind, b"data: [DONE]\n\n")
    usage.passed = True
    assert usage.result() == (0, None)


def test_the_last_block_needs_no_empty_line_behind_it() -> None:
    assert told(Events, delta("a"), delta("b").rstrip(b"\n")).pieces == 2
    assert told(Lines, b'{"response":"a","done":false}').pieces == 1


def test_of_an_event_that_is_too_long_to_keep_the_outline_is_read() -> None:
    final = {"type": "response.completed", "response": {"output": ["words " * 9_000], "usage": {"output_tokens": 7}}}
    long = delta("a" * 2 * KEPT_BYTES, response=final)
    assert len(long) > 3 * KEPT_BYTES
    for size in (1, 1_000, 60_000, len(long)):
        pieces = (long[at : at + size] for at in range(0, len(long), size))
        usage = told(Events, delta("b"), *pieces, delta("c", usage=USAGE))
        assert (usage.pieces, usage.reported, usage.model) == (3, 7, "m")


@pytest.mark.parametrize("kind", [BareEvents, Events, Lines])
def test_of_a_stream_that_ended_nothing_is_kept(kind: type[BareEvents | Events | Lines]) -> None:
    stream = kind(Usage())
    stream.feed(b"data: half an ev")
    stream.finish()
    assert stream._splitter.rest() == b""


@pytest.mark.parametrize(
    ("long", "pieces", "uneven"),
    [
        (delta("x" * 6_000), 1, True),
        (delta("ë" * 3_000), 1, True),
        # Damage in what an outline leaves out, then in what it keeps.
        (delta("x" * 6_000).replace(b"xx", b"x\xff", 1), 1, True),
        (delta("x" * 6_000).replace(b"role", b"r\xffle"), 0, False),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_long_event_tells_the_same_in_any_cut(long: bytes, pieces: int, uneven: bool, before: int) -> None:
    data = delta("a") * before + long
    for places in ([], [len(data) - len(long)], [len(data) - 9], [300, 5_000], range(0, len(data), 7)):
        usage = Usage()
        stream = Events(usage)
        pass_cut(data, places, stream.feed)
        stream.finish()
        assert (usage.pieces, usage.uneven) == (before + pieces, uneven), places
