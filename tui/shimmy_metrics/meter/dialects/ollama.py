"""Ollama's generate and chat: lines of JSON, the last with `"done":true` and `eval_count`; or that one line alone."""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with `done`, a whole answer or one line of a stream."""
    done = payload.get("done")
    if not isinstance(done, bool):
        return False
    message = payload.get("message")
    said = message if isinstance(message, dict) else payload
    text = said.get("content") or said.get("response") or said.get("thinking")
    if text or said.get("tool_calls"):
        usage.piece(text, streamed=stream)
        usage.uneven |= not text  # a call of a tool comes whole, in one line
    if done:
        usage.report(payload.get("eval_count"))
        usage.report_prompt(payload.get("prompt_eval_count"))
    return True
