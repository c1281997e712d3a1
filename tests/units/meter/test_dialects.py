"""What each API's JSON tells: what is generated under every name it goes by, the figure, and whose object it is."""

from typing import Any

import pytest

from shimmy_metrics.meter import dialects
from shimmy_metrics.meter.dialects import DIALECTS, Dialect, anthropic, ollama, openai, shimmy
from shimmy_metrics.meter.tally import Tally

SAID = [
    *(
        (openai.read, {"choices": [{where: {key: value}}]})
        for where in ("delta", "message")
        for key, value in [
            ("content", "a"),
            ("reasoning_content", "a"),
            ("reasoning", "a"),
            ("tool_calls", [1]),
            ("function_call", {"name": "a"}),
            ("refusal", "a"),
        ]
    ),
    (openai.read, {"choices": [{"text": "a"}]}),
    (openai.read, {"choices": [{}, {"text": "a"}, {"text": "b"}]}),
    (anthropic.read, {"type": "message", "content": [{"text": "a"}]}),
    *(
        (anthropic.read, {"type": "content_block_delta", "delta": {key: "a"}})
        for key in ("text", "partial_json", "thinking")
    ),
    *((ollama.read, {"done": False, key: "a"}) for key in ("content", "response", "thinking", "tool_calls")),
    *(
        (ollama.read, {"done": True, "message": {key: "a"}})
        for key in ("content", "response", "thinking", "tool_calls")
    ),
    (shimmy.read, {"response": "a"}),
]


@pytest.mark.parametrize(("dialect", "told"), SAID)
def test_what_is_generated_is_one_piece_of_a_stream(dialect: Dialect, told: dict[str, Any]) -> None:
    tally = Tally()
    assert dialect(told, tally, True) is True
    assert (tally.content, tally.pieces) == (True, 1)


@pytest.mark.parametrize(("dialect", "told"), SAID)
def test_a_whole_answer_has_no_pieces(dialect: Dialect, told: dict[str, Any]) -> None:
    tally = Tally()
    assert dialect(told, tally, False) is True
    assert (tally.content, tally.pieces) == (True, 0)


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (openai.read, {"choices": []}),
        (openai.read, {"choices": [{"delta": {"role": "assistant", "content": ""}}, "a"]}),
        (anthropic.read, {"type": "message", "content": []}),
        (anthropic.read, {"type": "message_start", "message": {"content": []}}),
        (anthropic.read, {"type": "message_start", "message": "a"}),
        (anthropic.read, {"type": "content_block_delta", "delta": {"text": ""}}),
        (anthropic.read, {"type": "content_block_delta", "delta": "a"}),
        (anthropic.read, {"type": "message_delta", "usage": 7}),
        (ollama.read, {"done": False, "response": ""}),
        (ollama.read, {"done": True, "message": {"content": ""}}),
        (shimmy.read, {"response": ""}),
    ],
)
def test_an_object_of_its_own_without_content_generates_nothing(dialect: Dialect, told: dict[str, Any]) -> None:
    tally = Tally()
    assert dialect(told, tally, True) is True
    assert (tally.content, tally.pieces, tally.reported) == (False, 0, None)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("told", [{}, {"usage": {"completion_tokens": 5}}, {"choices": "a", "type": 7, "done": "yes"}])
def test_an_object_of_another_form_is_not_its_own(dialect: Dialect, told: dict[str, Any]) -> None:
    tally = Tally()
    assert dialect(told, tally, False) is False
    assert (tally.content, tally.reported) == (False, None)


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (openai.read, {"choices": [], "usage": {"completion_tokens": 5}, "timings": {"predicted_n": 6}}),
        (openai.read, {"choices": [], "usage": None, "timings": {"predicted_n": 5}}),
        (anthropic.read, {"type": "message", "usage": {"output_tokens": 5}}),
        (anthropic.read, {"type": "message_delta", "usage": {"output_tokens": 5}}),
        (ollama.read, {"done": True, "eval_count": 5}),
        (shimmy.read, {"response": "a", "usage": {"completion_tokens": 5}}),
    ],
)
def test_the_server_s_figure_stands_where_its_api_has_it(dialect: Dialect, told: dict[str, Any]) -> None:
    tally = Tally()
    dialect(told, tally, True)
    assert tally.reported == 5


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (anthropic.read, {"type": "message_start", "message": {"usage": {"output_tokens": 5}}}),
        (ollama.read, {"done": False, "eval_count": 5}),
    ],
)
def test_a_figure_on_the_way_is_none_yet(dialect: Dialect, told: dict[str, Any]) -> None:
    tally = Tally()
    dialect(told, tally, True)
    assert tally.reported is None


def test_an_object_of_two_forms_is_read_as_one() -> None:
    tally = Tally()
    dialects.read({"choices": [{"text": "a"}], "done": False, "response": "a"}, tally, stream=True)
    assert tally.pieces == 1


def test_the_model_is_named_in_every_form() -> None:
    forms: list[dict[str, Any]] = [{"choices": []}, {"type": "message"}, {"done": True}, {"response": ""}, {"data": []}]
    for told in forms:
        tally = Tally()
        dialects.read({"model": "m", **told}, tally, stream=False)
        assert tally.model == "m"
    tally = Tally()
    dialects.read({"type": "message_start", "message": {"model": "m"}}, tally, stream=True)
    assert tally.model == "m"


def test_an_error_in_a_stream_tells_nothing_but_its_failure() -> None:
    tally = Tally()
    dialects.read({"error": "no", "model": "m", "choices": [{"text": "a"}]}, tally, stream=True)
    assert (tally.failed, tally.model, tally.pieces) == (True, None, 0)
