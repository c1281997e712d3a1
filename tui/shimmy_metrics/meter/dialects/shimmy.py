"""Shimmy's own `/api/generate` without a stream: `{"response", "usage": {"completion_tokens"}, "finish_reason"}`."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with a `response` text."""
    if not isinstance(told.get("response"), str):
        return False
    tally.name(told.get("model"))
    if told["response"]:
        tally.piece(streamed=stream)
    usage = told.get("usage")
    if isinstance(usage, dict):
        tally.report(usage.get("completion_tokens"))
    return True
