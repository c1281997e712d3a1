"""What an answer's JSON means, by its shape: one file an API, one row in `DIALECTS`."""

from collections.abc import Callable
from typing import Any, Final

from shimmy_metrics.meter.dialects import (
    anthropic,
    embeddings,
    llamacpp,
    lmstudio,
    ollama,
    openai,
    responses,
    shimmy,
    tgi,
    transcription,
)
from shimmy_metrics.meter.usage import Usage

Dialect = Callable[[dict[str, Any], Usage, bool], bool]
"""Reads one JSON object (a whole answer, or an event of a `stream`) into the usage; False where it is not its own."""

DIALECTS: Final[tuple[Dialect, ...]] = (
    openai.read,
    anthropic.read,
    responses.read,
    ollama.read,
    llamacpp.read,
    lmstudio.read,
    tgi.read,
    transcription.read,
    shimmy.read,
    embeddings.read,
)
"""The more telling shape first."""


def read(payload: dict[str, Any], usage: Usage, *, stream: bool) -> None:
    """Read one object by the first dialect that knows it.

    A model is named at the top in most of them, and where nothing is generated as well (embeddings). An object that
    tells an error is a failure in all of them.
    """
    if payload.get("error") or payload.get("type") == "error" or payload.get("object") == "error":
        usage.failed = usage.understood = True
        if stream:
            return
    usage.name(payload.get("model"))
    for dialect in DIALECTS:
        if dialect(payload, usage, stream):
            usage.understood = True
            return
