"""OpenAI's chat and text completions, as Shimmy, llama.cpp, vLLM and LM Studio speak them."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with `choices`: content, usage, and llama.cpp's `timings` where a stream has no usage."""
    choices = told.get("choices")
    if not isinstance(choices, list):
        return False
    usage = told.get("usage")
    if isinstance(usage, dict):
        tally.report(usage.get("completion_tokens"))
    elif isinstance(timings := told.get("timings"), dict):
        tally.report(timings.get("predicted_n"))
    for choice in choices:
        if isinstance(choice, dict) and _said(choice):
            tally.piece(streamed=stream)
            break
    return True


def _said(choice: dict[str, Any]) -> bool:
    """Whether a choice holds generated content: text, reasoning, a call of a tool, a refusal."""
    said = choice.get("delta") or choice.get("message")
    if not isinstance(said, dict):
        return bool(choice.get("text"))
    return bool(
        said.get("content")
        or said.get("reasoning_content")
        or said.get("reasoning")
        or said.get("tool_calls")
        or said.get("function_call")
        or said.get("refusal")
    )
