"""OpenAI's chat and text completions, as Shimmy, llama.cpp, vLLM, LM Studio and gateways speak them."""

from typing import Any, Final

from shimmy_metrics.meter.usage import Usage

_OTHERWISE: Final = ("reasoning_content", "reasoning", "tool_calls", "function_call", "refusal")
"""What is generated besides text: reasoning, tool calls, refusals."""


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with `choices`: content, usage, and llama.cpp's `timings` where a stream has no usage."""
    choices = payload.get("choices")
    if not isinstance(choices, list):
        return False
    for choice in choices:
        if isinstance(choice, dict):
            _read_choice(choice, usage, stream=stream)
    counts, timings = payload.get("usage"), payload.get("timings")
    figure, so_far = None, False
    if isinstance(counts, dict):
        figure = counts.get("completion_tokens")
        usage.report_prompt(counts.get("prompt_tokens"))
    elif isinstance(timings, dict):
        figure = timings.get("predicted_n")
        usage.report_prompt(timings.get("prompt_n"), timings.get("cache_n"))
        so_far = not any(isinstance(choice, dict) and choice.get("finish_reason") for choice in choices)
    if stream and len(choices) == 1:
        usage.report(figure, _index(choices[0]), so_far=so_far)
    elif isinstance(timings, dict) and usage.choices > 1:
        _report_one_of_several(figure, usage, stream=stream)
    else:
        usage.report(figure)
    return True


def _read_choice(choice: dict[str, Any], usage: Usage, *, stream: bool) -> None:
    # A gateway tells a failed choice in its place; the answer around it is whole.
    if choice.get("error") or choice.get("finish_reason") == "error":
        usage.failed = True
    if (index := _index(choice)) >= usage.choices:
        usage.choices = index + 1
    payload = choice.get("delta") or choice.get("message")
    if not isinstance(payload, dict):
        payload = choice
    if said := payload.get("content") or payload.get("text") or _said_otherwise(payload):
        usage.piece(said, streamed=stream)
    elif stream and _is_token(payload) and not choice.get("finish_reason"):
        usage.piece(streamed=True)


def _is_token(payload: dict[str, Any]) -> bool:
    """Whether an event without text is a token nevertheless: half a character, or a special token.

    The first event, which names the role alone, is none.
    """
    return not payload.get("role") and "" in (payload.get("content"), payload.get("text"))


def _said_otherwise(payload: dict[str, Any]) -> object:
    return next((value for key in _OTHERWISE if (value := payload.get(key))), None)


def _report_one_of_several(figure: object, usage: Usage, *, stream: bool) -> None:
    """Record llama.cpp's usage of a request for several choices: it is that of a single choice, and does not say which.

    In a stream the pieces of all choices were counted, which is more exact.
    """
    if not stream and type(figure) is int:
        usage.report(figure * usage.choices)
        usage.estimated = True


def _index(choice: object) -> int:
    index = choice.get("index") if isinstance(choice, dict) else None
    return index if type(index) is int else 0
