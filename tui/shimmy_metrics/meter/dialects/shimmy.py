"""Shimmy's own `/api/generate` without a stream: `{"response", "usage": {"completion_tokens"}, "finish_reason"}`.

Its stream there is bare text (`streams.BareEvents`), its WebSocket too (`websocket`).
"""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with a `response` text."""
    response = payload.get("response")
    if not isinstance(response, str):
        return False
    if response:
        usage.piece(streamed=stream)
    counts = payload.get("usage")
    if isinstance(counts, dict):
        usage.report(counts.get("completion_tokens"))
        usage.report_prompt(counts.get("prompt_tokens"))
    return True
