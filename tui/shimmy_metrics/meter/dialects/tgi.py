"""Text Generation Inference's `/generate` and `/generate_stream`: an event a token, the last one with `details`."""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with a `token`, or with the whole `generated_text`; `details` only where they were asked for."""
    if isinstance(payload.get("token"), dict):
        usage.piece(streamed=stream)
    elif not isinstance(text := payload.get("generated_text"), str):
        return False
    elif text:
        usage.piece(streamed=False)
    details = payload.get("details")
    if isinstance(details, dict):
        usage.report(details.get("generated_tokens"))
        usage.report_prompt(details.get("input_length"))
    return True
