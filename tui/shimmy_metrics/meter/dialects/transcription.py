"""Speech to text, `/v1/audio/transcriptions`: tokens in `usage` where the model counts them, else seconds of sound."""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole transcript or one of the `transcript.*` events."""
    kind, counts = payload.get("type"), payload.get("usage")
    if isinstance(kind, str) and kind.startswith("transcript."):
        if kind.endswith(".delta") and (delta := payload.get("delta")):
            usage.piece(delta, streamed=stream)
    elif not isinstance(text := payload.get("text"), str) or not isinstance(counts, dict):
        return False
    elif text:
        usage.piece(streamed=stream)
    if isinstance(counts, dict):
        usage.report(counts.get("output_tokens"))
        usage.report_prompt(counts.get("input_tokens"))
    return True
