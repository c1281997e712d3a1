"""OpenAI's Responses: a `response` object, alone or within the events that begin and end a stream."""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole `response`, or a `response.*` event: its delta, or the response it holds."""
    kind = payload.get("type")
    if isinstance(kind, str) and kind.startswith("response."):
        inner = payload.get("response")
        if isinstance(inner, dict):
            _read_response(inner, usage)
        elif kind.endswith(".delta") and (delta := payload.get("delta")):
            usage.piece(delta, streamed=stream)
        usage.failed |= kind == "response.failed"
    elif payload.get("object") == "response":
        _read_response(payload, usage)
    else:
        return False
    return True


def _read_response(response: dict[str, Any], usage: Usage) -> None:
    usage.name(response.get("model"))
    usage.failed |= response.get("status") == "failed"
    if response.get("output"):
        usage.piece(streamed=False)
    counts = response.get("usage")
    if isinstance(counts, dict):
        usage.report(counts.get("output_tokens"))
        usage.report_prompt(counts.get("input_tokens"))
