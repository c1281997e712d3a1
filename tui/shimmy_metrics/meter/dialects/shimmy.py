"""Shimmy's own `/api/generate` without a stream: `{"response", "usage": {"completion_tokens"}, "finish_reason"}`.

Its stream there is bare text (`streams.BareEvents`), its WebSocket too (`websocket`).
"""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with a `response` text."""
    response = told.get("response")
    if not isinstance(response, str):
        return False
    if response:
        tally.piece(streamed=stream)
    usage = told.get("usage")
    if isinstance(usage, dict):
        tally.report(usage.get("completion_tokens"))
    return True
