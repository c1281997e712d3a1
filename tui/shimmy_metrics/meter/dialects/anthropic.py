"""Anthropic's messages. In a stream the output count comes in `message_delta`, as a running sum.

`message_start` has a count as well, of what was generated when it was sent: no sum yet, so it is not read. The prompt's
tokens stand in either; what was read from a cache or written to one is counted beside them, not among them.
"""

from typing import Any, Final

from shimmy_metrics.meter.usage import Usage

_PROMPT: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole `message` or one of the stream's events."""
    match payload.get("type"):
        case "message":
            if payload.get("content"):
                usage.piece(streamed=stream)
            _report(payload, usage)
        case "message_start":
            inner = payload.get("message")
            if isinstance(inner, dict):
                usage.name(inner.get("model"))
                _report_prompt(inner, usage)
        case "content_block_delta":
            delta = payload.get("delta")
            if isinstance(delta, dict) and (
                text := delta.get("text") or delta.get("partial_json") or delta.get("thinking")
            ):
                usage.piece(text, streamed=stream)
        case "message_delta":
            _report(payload, usage)
        case _:
            return False
    return True


def _report(payload: dict[str, Any], usage: Usage) -> None:
    counts = payload.get("usage")
    if isinstance(counts, dict):
        usage.report(counts.get("output_tokens"))
    _report_prompt(payload, usage)


def _report_prompt(payload: dict[str, Any], usage: Usage) -> None:
    counts = payload.get("usage")
    if isinstance(counts, dict):
        usage.report_prompt(*(counts.get(name) for name in _PROMPT))
