"""Ollama's generate and chat: lines of JSON, the last with `"done":true` and `eval_count`."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with `done`, a whole answer or one line of a stream."""
    if not isinstance(told.get("done"), bool):
        return False
    tally.name(told.get("model"))
    message = told.get("message")
    said = message if isinstance(message, dict) else told
    if any(said.get(key) for key in ("content", "response", "thinking", "tool_calls")):
        tally.piece(streamed=stream)
    if told["done"]:
        tally.report(told.get("eval_count"))
    return True
