"""What each API's JSON tells: what is generated under every name it goes by, the figure, and whose object it is."""

from collections.abc import Callable
from typing import Any

import pytest

from shimmy_metrics.meter.dialects import (
    anthropic,
    embeddings,
    llamacpp,
    lmstudio,
    ollama,
    openai,
    registry,
    responses,
    shimmy,
    tgi,
    transcription,
)
from shimmy_metrics.meter.dialects.registry import DIALECTS, Dialect
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.vocabulary import TokenSource

OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}]
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
    (openai.read, {"choices": [{}, {"text": "a"}]}),
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
    *(
        (responses.read, {"type": f"response.{what}.delta", "delta": "a"})
        for what in ("output_text", "reasoning_text", "function_call_arguments", "refusal")
    ),
    (llamacpp.read, {"content": "a", "stop": False, "tokens_predicted": 1}),
    (lmstudio.read, {"type": "message.delta", "content": "a"}),
    (lmstudio.read, {"type": "reasoning.delta", "content": "a"}),
    (lmstudio.read, {"type": "tool_call.arguments", "tool": "a", "arguments": {"b": 1}}),
    (tgi.read, {"token": {"id": 7, "text": "a", "special": False}, "generated_text": None, "details": None}),
    (tgi.read, {"token": {"id": 2, "text": "", "special": True}}),
    (transcription.read, {"type": "transcript.text.delta", "delta": "a"}),
    (shimmy.read, {"response": "a"}),
]


@pytest.mark.parametrize(("dialect", "told"), SAID)
def test_what_is_generated_is_one_piece_of_a_stream(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    assert dialect(told, usage, True) is True
    assert (usage.content, usage.pieces) == (True, 1)


@pytest.mark.parametrize(("dialect", "told"), SAID)
def test_a_whole_answer_has_no_pieces(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    assert dialect(told, usage, False) is True
    assert (usage.content, usage.pieces) == (True, 0)


SAYS_NOTHING = [
    (openai.read, {"choices": []}),
    (openai.read, {"choices": [{"delta": {"role": "assistant", "content": ""}}, "a"]}),
    (anthropic.read, {"type": "message", "content": []}),
    (anthropic.read, {"type": "message_start", "message": {"content": []}}),
    (anthropic.read, {"type": "message_start", "message": "a"}),
    (anthropic.read, {"type": "content_block_delta", "delta": {"text": ""}}),
    (anthropic.read, {"type": "content_block_delta", "delta": "a"}),
    (anthropic.read, {"type": "message_delta", "usage": 7}),
    (ollama.read, {"done": False, "response": ""}),
    (openai.read, {"choices": [{"text": "", "finish_reason": "stop"}]}),
    (openai.read, {"choices": [{"delta": {"content": None}}]}),
    (ollama.read, {"done": True, "message": {"content": ""}}),
    (responses.read, {"type": "response.created", "response": {"status": "in_progress", "usage": None}}),
    (responses.read, {"type": "response.output_item.added", "item": {"content": []}}),
    (llamacpp.read, {"content": "", "stop": True, "index": 0}),
    (lmstudio.read, {"type": "chat.start", "model_instance_id": "m"}),
    (lmstudio.read, {"type": "model_load.progress", "progress": 0.5}),
    (lmstudio.read, {"output": [], "stats": {}}),
    (lmstudio.read, {"type": "prompt_processing.progress", "progress": 0.5}),
    (lmstudio.read, {"type": "chat.end", "result": {"output": [], "stats": None}}),
    (tgi.read, {"generated_text": "", "details": None}),
    (transcription.read, {"text": "", "usage": {"type": "duration", "seconds": 3}}),
    (shimmy.read, {"response": ""}),
]


@pytest.mark.parametrize(("dialect", "told"), SAYS_NOTHING)
def test_an_object_of_its_own_without_content_generates_nothing(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    assert dialect(told, usage, True) is True
    assert (usage.content, usage.pieces, usage.reported) == (False, 0, None)


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (responses.read, {"object": "response", "output": OUTPUT}),
        (responses.read, {"type": "response.completed", "response": {"output": OUTPUT}}),
        (lmstudio.read, {"output": OUTPUT, "stats": {}}),
        (lmstudio.read, {"type": "chat.end", "result": {"output": OUTPUT}}),
        (tgi.read, {"generated_text": "a"}),
    ],
)
def test_what_was_generated_is_no_piece_where_it_comes_as_a_whole(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    assert dialect(told, usage, True) is True
    assert (usage.content, usage.pieces, usage.reported) == (True, 0, None)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("half", [{"stats": {}}, {"output": []}, {"text": "a"}, {"content": "a"}, {"stop": True}])
def test_half_of_its_form_is_not_its_own(dialect: Dialect, half: dict[str, Any]) -> None:
    usage = Usage()
    assert dialect(half, usage, False) is False
    assert not usage.content


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("told", [{}, {"usage": {"completion_tokens": 5}}, {"choices": "a", "type": 7, "done": "yes"}])
def test_an_object_of_another_form_is_not_its_own(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    assert dialect(told, usage, False) is False
    assert (usage.content, usage.reported) == (False, None)


FIGURES = [
    (openai.read, {"choices": [], "usage": {"completion_tokens": 5}, "timings": {"predicted_n": 6}}),
    (openai.read, {"choices": [], "usage": None, "timings": {"predicted_n": 5}}),
    (anthropic.read, {"type": "message", "usage": {"output_tokens": 5}}),
    (anthropic.read, {"type": "message_delta", "usage": {"output_tokens": 5}}),
    (ollama.read, {"done": True, "eval_count": 5}),
    (responses.read, {"object": "response", "output": OUTPUT, "usage": {"output_tokens": 5}}),
    *(
        (responses.read, {"type": f"response.{end}", "response": {"output": OUTPUT, "usage": {"output_tokens": 5}}})
        for end in ("completed", "incomplete", "failed")
    ),
    (llamacpp.read, {"content": "", "stop": True, "tokens_predicted": 5}),
    (llamacpp.read, {"content": "a", "stop": False, "tokens_predicted": 5, "index": 1}),
    (lmstudio.read, {"output": OUTPUT, "stats": {"total_output_tokens": 5}}),
    (lmstudio.read, {"type": "chat.end", "result": {"output": OUTPUT, "stats": {"total_output_tokens": 5}}}),
    (tgi.read, {"generated_text": "a", "details": {"generated_tokens": 5}}),
    (tgi.read, {"token": {"text": "a"}, "generated_text": "a", "details": {"generated_tokens": 5}}),
    (transcription.read, {"text": "a", "usage": {"type": "tokens", "output_tokens": 5}}),
    (transcription.read, {"type": "transcript.text.done", "text": "a", "usage": {"output_tokens": 5}}),
    (shimmy.read, {"response": "a", "usage": {"completion_tokens": 5}}),
]


@pytest.mark.parametrize(("dialect", "told"), FIGURES)
def test_the_server_s_figure_stands_where_its_api_has_it(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    dialect(told, usage, True)
    assert usage.reported == 5


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (anthropic.read, {"type": "message_start", "message": {"usage": {"output_tokens": 5}}}),
        (ollama.read, {"done": False, "eval_count": 5}),
    ],
)
def test_a_figure_on_the_way_is_none_yet(dialect: Dialect, told: dict[str, Any]) -> None:
    usage = Usage()
    dialect(told, usage, True)
    assert usage.reported is None


def test_vectors_are_an_answer_where_nothing_is_generated_and_nowhere_else() -> None:
    for told in ({"data": [], "usage": {"prompt_tokens": 5}}, {"embeddings": [], "prompt_eval_count": 5}):
        usage = Usage(generates=False)
        assert embeddings.read(told, usage, False) is True
        assert usage.prompt_tokens == 5
        assert embeddings.read(told, Usage(), False) is False
    assert embeddings.read({"data": []}, Usage(generates=False), False) is False


@pytest.mark.parametrize("tried", [SAID, SAYS_NOTHING, FIGURES], ids=["said", "nothing", "figures"])
def test_every_dialect_of_generated_answers_is_tried_above(tried: list[tuple[Dialect, dict[str, Any]]]) -> None:
    assert {dialect for dialect, _ in tried} == {*DIALECTS} - {embeddings.read}


def test_an_object_of_two_forms_is_read_as_one() -> None:
    usage = Usage()
    registry.read({"choices": [{"text": "a"}], "done": False, "response": "a"}, usage, stream=True)
    assert usage.pieces == 1


def test_the_model_is_named_in_every_form() -> None:
    forms: list[dict[str, Any]] = [{"choices": []}, {"type": "message"}, {"done": True}, {"response": ""}, {"data": []}]
    for told in forms:
        usage = Usage()
        registry.read({"model": "m", **told}, usage, stream=False)
        assert usage.model == "m"
    inner: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"model": "m"}},
        {"type": "response.completed", "response": {"model": "m"}},
        {"type": "chat.start", "model_instance_id": "m"},
        {"type": "chat.end", "result": {"model_instance_id": "m"}},
    ]
    for told in inner:
        usage = Usage()
        registry.read(told, usage, stream=True)
        assert usage.model == "m"


@pytest.mark.parametrize("text", ["é", "日本", "😀"])
@pytest.mark.parametrize(
    "event",
    [
        lambda text: {"choices": [{"delta": {"content": text}}]},
        lambda text: {"choices": [{"text": text}]},
        lambda text: {"type": "content_block_delta", "delta": {"text": text}},
        lambda text: {"type": "response.output_text.delta", "delta": text},
        lambda text: {"done": False, "response": text},
        lambda text: {"done": False, "message": {"content": text}},
        lambda text: {"content": text, "stop": False},
        lambda text: {"type": "message.delta", "content": text},
        lambda text: {"type": "transcript.text.delta", "delta": text},
    ],
)
def test_pieces_beyond_ascii_are_an_estimate_but_where_an_event_is_a_token(
    event: Callable[[str], dict[str, Any]], text: str
) -> None:
    estimated, counted = TokenSource.ESTIMATED, TokenSource.COUNTED
    for usage, said, source in [
        (Usage(), text, estimated),
        (Usage(event_is_token=True), text, counted),
        (Usage(), "a", counted),
    ]:
        registry.read(event(said), usage, stream=True)
        assert usage.result() == (1, source)


@pytest.mark.parametrize(
    "told",
    [
        {"type": "tool_call.arguments", "tool": "a", "arguments": {"b": 1}},
        {"done": False, "message": {"tool_calls": [1]}},
    ],
)
def test_a_call_of_a_tool_that_comes_whole_may_be_many_tokens(told: dict[str, Any]) -> None:
    usage = Usage()
    registry.read(told, usage, stream=True)
    assert usage.result() == (1, TokenSource.ESTIMATED)
