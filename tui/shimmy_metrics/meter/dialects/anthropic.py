"""Anthropic's messages. In a stream the output count comes in `message_delta`, as a running sum."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole `message` or one of the stream's events."""
    match told.get("type"):
        case "message":
            _message(told, tally)
            if told.get("content"):
                tally.piece(streamed=stream)
            return True
        case "message_start":
            inner = told.get("message")
            if isinstance(inner, dict):
                tally.name(inner.get("model"))
            return True
        case "content_block_delta":
            delta = told.get("delta")
            if isinstance(delta, dict) and any(delta.get(key) for key in ("text", "partial_json", "thinking")):
                tally.piece(streamed=stream)
            return True
        case "message_delta":
            _usage(told, tally)
            return True
        case "content_block_start" | "content_block_stop" | "message_stop" | "ping":
            return True
    return False


def _message(told: dict[str, Any], tally: Tally) -> None:
    tally.name(told.get("model"))
    _usage(told, tally)


def _usage(told: dict[str, Any], tally: Tally) -> None:
    usage = told.get("usage")
    if isinstance(usage, dict):
        tally.report(usage.get("output_tokens"))
