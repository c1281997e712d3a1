"""Anthropic's messages. In a stream the output count comes in `message_delta`, as a running sum.

`message_start` has a count as well, of what was generated when it was sent: no sum yet, so it is not read.
"""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole `message` or one of the stream's events."""
    match told.get("type"):
        case "message":
            if told.get("content"):
                tally.piece(streamed=stream)
            _report(told, tally)
        case "message_start":
            inner = told.get("message")
            if isinstance(inner, dict):
                tally.name(inner.get("model"))
        case "content_block_delta":
            delta = told.get("delta")
            if isinstance(delta, dict) and (
                text := delta.get("text") or delta.get("partial_json") or delta.get("thinking")
            ):
                tally.piece(text, streamed=stream)
        case "message_delta":
            _report(told, tally)
        case _:
            return False
    return True


def _report(told: dict[str, Any], tally: Tally) -> None:
    usage = told.get("usage")
    if isinstance(usage, dict):
        tally.report(usage.get("output_tokens"))
