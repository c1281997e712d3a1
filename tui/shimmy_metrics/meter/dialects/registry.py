"""The dialects in their order, and the one that knows an answer's JSON by its form."""

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
"""Reads one JSON object (a whole answer, or an event of a `stream`) into a usage; False if it is not its own."""

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
"""More specific forms first."""


def read(payload: dict[str, Any], usage: Usage, *, stream: bool) -> None:
    """Read one object by the first dialect that knows it.

    Most of them name the model at the top, also where nothing is generated (embeddings). An object with an error is a
    failure in all of them.
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
