"""OpenAI's chat and text completions, as Shimmy, llama.cpp, vLLM and LM Studio speak them."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with `choices`: content, usage, and llama.cpp's `timings` where a stream has no usage."""
    choices = told.get("choices")
    if not isinstance(choices, list):
        return False
    tally.name(told.get("model"))
    content = any(_content(choice) for choice in choices)
    if content:
        tally.piece(streamed=stream)
    usage = told.get("usage")
    timings = told.get("timings")
    if isinstance(usage, dict):
        tally.report(usage.get("completion_tokens"))
    elif isinstance(timings, dict):
        tally.report(timings.get("predicted_n"))
    return True


def _content(choice: object) -> bool:
    if not isinstance(choice, dict):
        return False
    said = choice.get("delta") or choice.get("message")
    if isinstance(said, dict):
        return any(said.get(key) for key in ("content", "reasoning_content", "reasoning", "tool_calls", "refusal"))
    return bool(choice.get("text"))
