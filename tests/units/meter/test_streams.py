"""Counting events by the form they share tells what reading each of them tells."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.meter import streams
from shimmy_metrics.meter.mould import Mould
from shimmy_metrics.meter.streams import Events, Lines
from shimmy_metrics.meter.tally import Tally
from support.wire import USAGE, compact, delta, event, pass_cut


def _tell(block: bytes, tally: Tally) -> None:
    Events(tally)._tell(block, tally)


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
    mould = Mould.of(form("a")[:-2], _tell)
    assert mould is not None
    whole = b"".join(map(form, ["b", " c", "日本"]))
    assert mould.count(whole, b"\n\n") == 3
    for other in (form(""), form('"'), form("\n"), b"id: 1\n" + form("a"), form("a").replace(b"{", b"[", 1)):
        assert mould.count(whole + other + whole, b"\n\n") == 0
        assert not mould.fits(other[:-2])


@pytest.mark.parametrize(
    "block",
    [
        delta("a", usage=USAGE),
        delta("a", timings={"predicted_n": 3}),
        event({"choices": [{"delta": {"content": "a", "reasoning_content": "b"}}]}),
        event({"choices": [{"delta": {"tool_calls": [{"content": "a"}]}}]}),
        event({"error": {"content": "a"}}),
        delta('"'),
        delta(""),
    ],
)
def test_an_event_whose_text_does_not_decide_alone_has_no_form(block: bytes) -> None:
    assert Mould.of(block[:-2], _tell) is None


@given(st.lists(st.tuples(st.sampled_from(FORMS), texts), max_size=30), st.lists(st.integers(0, 9_000), max_size=6))
def test_counting_by_form_tells_what_reading_tells(
    told: list[tuple[Callable[[str], bytes], str]], places: list[int]
) -> None:
    data = b"".join(form(text) for form, text in told)
    by_form, by_reading = Tally(), Tally()
    counting, reading = Events(by_form), Events(by_reading)
    reading._tries = 0
    for stream in (counting, reading):
        pass_cut(data, places, stream.feed)
        stream.finish()
    assert (by_form.result(), by_form.model) == (by_reading.result(), by_reading.model)


def test_a_stream_whose_form_never_repeats_is_tried_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    monkeypatch.setattr(Mould, "of", lambda block, _: tried.append(block))
    tally = Tally()
    stream = Lines(tally)
    for number in range(1_000):
        stream.feed(compact({"model": "m", "created_at": number, "response": "a", "done": False}) + b"\n")
    assert (tally.pieces, len(tried)) == (1_000, streams._MOULDS)
