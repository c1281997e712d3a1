"""OpenAI's Responses: a `response` object, alone or within the events that begin and end a stream."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole `response`, or a `response.*` event: its delta, or the response it holds."""
    kind = told.get("type")
    if isinstance(kind, str) and kind.startswith("response."):
        inner = told.get("response")
        if isinstance(inner, dict):
            _read_response(inner, tally)
        elif kind.endswith(".delta") and (delta := told.get("delta")):
            tally.piece(delta, streamed=stream)
        tally.failed |= kind == "response.failed"
    elif told.get("object") == "response":
        _read_response(told, tally)
    else:
        return False
    return True


def _read_response(response: dict[str, Any], tally: Tally) -> None:
    tally.name(response.get("model"))
    tally.failed |= response.get("status") == "failed"
    if response.get("output"):
        tally.piece(streamed=False)
    usage = response.get("usage")
    if isinstance(usage, dict):
        tally.report(usage.get("output_tokens"))
