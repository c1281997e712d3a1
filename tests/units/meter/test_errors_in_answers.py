"""An error is one in every form that it comes in; what is no error is none."""

from typing import Any

import pytest

from shimmy_metrics.meter.dialects import registry
from shimmy_metrics.meter.usage import Usage

TEXT = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "a"}
OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}]


def test_an_error_in_a_stream_tells_nothing_but_its_failure() -> None:
    usage = Usage()
    registry.read({"error": "no", "model": "m", "choices": [{"text": "a"}]}, usage, stream=True)
    assert (usage.failed, usage.model, usage.pieces) == (True, None, 0)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "told",
    [
        {"error": "no such model"},
        {"error": {"message": "x"}, "choices": []},
        {"type": "error", "message": "x"},
        {"object": "error", "message": "x", "code": 400},
        {"choices": [{"error": {"code": 502}, "message": {"content": "a"}}]},
        {"choices": [{"finish_reason": "error", "delta": {"content": ""}}]},
        {"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error"}}},
        {"type": "response.failed", "response": None},
        {"object": "response", "status": "failed", "output": []},
        {"error": "validation", "error_type": "validation"},
        {"error": {"code": 500, "status": "INTERNAL"}},
    ],
)
def test_an_error_is_one_in_every_form_it_comes_in(told: dict[str, Any], stream: bool) -> None:
    usage = Usage()
    registry.read(told, usage, stream=stream)
    assert (usage.failed, usage.understood) == (True, True)


@pytest.mark.parametrize(
    "told",
    [
        {"error": None, "choices": []},
        {"object": "response", "status": "completed", "error": None, "output": OUTPUT},
        {"object": "response", "status": "incomplete", "output": OUTPUT},
        {"type": "tool_call.failure", "reason": "no such tool"},
        TEXT,
    ],
)
def test_what_is_no_error_is_none(told: dict[str, Any]) -> None:
    usage = Usage()
    registry.read(told, usage, stream=True)
    assert not usage.failed


@pytest.mark.parametrize(
    "after", [TEXT, {"type": "response.completed", "response": {"status": "completed"}}, {"choices": [{"text": "a"}]}]
)
def test_what_follows_an_error_does_not_undo_it(after: dict[str, Any]) -> None:
    usage = Usage()
    registry.read({"type": "response.failed", "response": {"status": "failed"}}, usage, stream=True)
    registry.read(after, usage, stream=True)
    assert usage.failed


def test_an_answer_that_is_not_generated_tells_no_tokens() -> None:
    usage = Usage(generates=False)
    registry.read({"object": "response", "output": OUTPUT, "usage": {"output_tokens": 5}}, usage, stream=False)
    assert usage.result() == (0, None)
