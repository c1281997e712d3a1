"""LM Studio's own `/api/v1/chat`: `output` and `stats`, alone or within the `chat.end` of a stream."""

from typing import Any, Final

from shimmy_metrics.meter.usage import Usage

_STAGES: Final = ("chat.", "model_load.", "prompt_processing.", "message.", "reasoning.", "tool_call.")


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read a whole answer or one of the stream's events."""
    kind = payload.get("type")
    if isinstance(kind, str) and kind.startswith(_STAGES):
        usage.name(payload.get("model_instance_id"))
        result = payload.get("result")
        if kind == "chat.end" and isinstance(result, dict):
            _read_result(result, usage)
        elif kind == "tool_call.arguments":
            usage.piece(streamed=stream)
            usage.uneven = True  # a call of a tool comes whole, in one event
        elif kind.endswith(".delta") and (text := payload.get("content")):
            usage.piece(text, streamed=stream)
        return True
    if isinstance(payload.get("stats"), dict) and isinstance(payload.get("output"), list):
        _read_result(payload, usage)
        return True
    return False


def _read_result(result: dict[str, Any], usage: Usage) -> None:
    usage.name(result.get("model_instance_id"))
    if result.get("output"):
        usage.piece(streamed=False)
    stats = result.get("stats")
    if isinstance(stats, dict):
        usage.report(stats.get("total_output_tokens"))
        usage.report_prompt(stats.get("input_tokens"))
