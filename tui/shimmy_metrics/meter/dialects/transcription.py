"""Speech to text, `/v1/audio/transcriptions`: tokens in `usage` where the model counts them, else seconds of sound."""

from typing import Any

from shimmy_metrics.meter.tally import Tally


def read(told: dict[str, Any], tally: Tally, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole transcript or one of the `transcript.*` events."""
    kind, usage = told.get("type"), told.get("usage")
    if isinstance(kind, str) and kind.startswith("transcript."):
        if kind.endswith(".delta") and (delta := told.get("delta")):
            tally.piece(delta, streamed=stream)
    elif not isinstance(text := told.get("text"), str) or not isinstance(usage, dict):
        return False
    elif text:
        tally.piece(streamed=stream)
    if isinstance(usage, dict):
        tally.report(usage.get("output_tokens"))
    return True
