"""Embeddings, OpenAI's `data` and Ollama's `embeddings`: they have prompt tokens, and generate nothing."""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an answer that holds vectors alone."""
    if usage.generates:
        return False
    counts = payload.get("usage")
    if isinstance(payload.get("data"), list) and isinstance(counts, dict):
        usage.report_prompt(counts.get("prompt_tokens"), embedded=True)
    elif isinstance(payload.get("embeddings"), list):
        usage.report_prompt(payload.get("prompt_eval_count"), embedded=True)
    else:
        return False
    return True
