"""Choices and prompts of one answer: which figure covers what came, and which events are tokens."""

from typing import Any

import pytest

from shimmy_metrics.meter.dialects import openai, registry
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.vocabulary import TokenSource


def test_every_choice_of_an_event_is_a_piece() -> None:
    usage = Usage()
    openai.read({"choices": [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "text": "b"}, {}]}, usage, True)
    assert (usage.pieces, usage.choices) == (2, 2)


@pytest.mark.parametrize("told", [{"delta": {"content": ""}}, {"text": ""}, {"delta": {"content": "", "role": None}}])
def test_a_token_without_text_is_a_piece_of_a_stream(told: dict[str, Any]) -> None:
    usage = Usage()
    openai.read({"choices": [{"index": 0, "finish_reason": None, **told}]}, usage, True)
    assert usage.pieces == 1


@pytest.mark.parametrize(
    ("stream", "told", "tokens", "source"),
    [
        # Usage is of all choices, as OpenAI and vLLM give it; llama.cpp's, with its timings beside it, is of one.
        (False, [{"choices": [{"index": 0, "text": "a"}, {"index": 1, "text": "b"}], "usage": 8}], 8, "reported"),
        (False, [{"choices": [{"index": 0, "text": "a"}, {"index": 1, "text": "b"}], "usage": 4, "timings": {}}], 8,
         "estimated"),
        (True, [{"choices": [{"index": 1, "text": "a"}]}, {"choices": [], "usage": 8}], 8, "reported"),
        (True, [{"choices": [{"index": 1, "text": "a"}]}, {"choices": [], "usage": 8, "timings": {}}], 1, "counted"),
        # What each choice's own events say adds up, where every choice has a figure and nothing came behind it.
        (True, [{"choices": [{"index": 0, "text": "a"}], "usage": 3}, {"choices": [{"index": 1, "text": "b"}],
         "usage": 4}], 7, "reported"),
        (True, [{"choices": [{"index": 0, "text": "a"}]}, {"choices": [{"index": 1, "text": "b"}], "usage": 4}], 2,
         "counted"),
        (True, [{"choices": [{"index": 0, "text": "a"}], "usage": 3}, {"choices": [{"index": 0, "text": "b"}]}], 2,
         "counted"),
        (True, [{"choices": [{"index": 0, "text": "a"}], "usage": 3}, {"choices": [{"index": 0, "text": "b"}],
         "usage": 5}], 5, "reported"),
    ],
)  # fmt: skip
def test_a_figure_counts_where_it_covers_all_that_came(
    stream: bool, told: list[dict[str, Any]], tokens: int, source: str
) -> None:
    usage = Usage()
    for each in told:
        counts = {"usage": {"completion_tokens": each["usage"]}} if "usage" in each else {}
        registry.read({**each, **counts}, usage, stream=stream)
    assert usage.result() == (tokens, TokenSource(source))


def test_several_prompts_of_llama_cpp_add_up() -> None:
    usage = Usage()
    for index, so_far in [(0, 1), (1, 1), (0, 2), (1, 2), (1, 3)]:
        told = {"index": index, "content": "a", "stop": False, "tokens_predicted": so_far}
        registry.read(told, usage, stream=True)
    assert usage.result() == (5, TokenSource.COUNTED), "they go on"
    for index, at_last in [(0, 2), (1, 3)]:
        told = {"index": index, "content": "", "stop": True, "tokens_predicted": at_last}
        registry.read(told, usage, stream=True)
    assert usage.result() == (5, TokenSource.REPORTED)


def test_llama_cpp_s_timings_of_each_token_are_the_count_so_far() -> None:
    usage = Usage()
    choice: dict[str, Any] = {"index": 0, "delta": {"content": "😀"}, "finish_reason": None}
    registry.read({"choices": [choice], "timings": {"predicted_n": 3}}, usage, stream=True)
    assert usage.result() == (3, TokenSource.COUNTED)
    choice = {"index": 0, "delta": {}, "finish_reason": "stop"}
    registry.read({"choices": [choice], "timings": {"predicted_n": 4}}, usage, stream=True)
    assert usage.result() == (4, TokenSource.REPORTED)


@pytest.mark.parametrize("index", [-1, 2**63, "1", None, True])
def test_whatever_stands_where_a_choice_s_number_does_a_single_choice_s_figure_is_one(index: object) -> None:
    usage = Usage()
    told: dict[str, Any] = {"choices": [{"index": index, "text": "a"}], "usage": {"completion_tokens": 5}}
    registry.read(told, usage, stream=False)
    assert usage.result() == (5, TokenSource.REPORTED)


def test_a_choice_that_is_no_object_has_the_figure_beside_it() -> None:
    usage = Usage()
    registry.read({"choices": ["a"], "usage": {"completion_tokens": 5}}, usage, stream=True)
    assert usage.reported == 5


@pytest.mark.parametrize("index", ["1", None, True, 0.5])
def test_a_choice_without_a_number_is_the_first_and_its_figure_that_of_the_whole_stream(index: object) -> None:
    usage = Usage()
    for told in ({"text": "a"}, {"text": "b"}):
        registry.read({"choices": [{**told, "index": index}], "usage": {"completion_tokens": 5}}, usage, stream=True)
    assert (usage.choices, usage.result()) == (1, (5, TokenSource.REPORTED))
