"""What an answer's JSON means, by its shape: one file an API, one row in `DIALECTS`."""

from collections.abc import Callable
from typing import Any, Final

from shimmy_metrics.meter.dialects import anthropic, ollama, openai, shimmy
from shimmy_metrics.meter.tally import Tally

Dialect = Callable[[dict[str, Any], Tally, bool], bool]
"""Reads one JSON object (a whole answer, or an event of a `stream`) into the tally; False where it is not its own."""

DIALECTS: Final[tuple[Dialect, ...]] = (openai.read, anthropic.read, ollama.read, shimmy.read)
"""The more telling shape first."""


def read(told: dict[str, Any], tally: Tally, *, stream: bool) -> None:
    """Read one object by the first dialect that knows it.

    A model is named at the top in all of them, and where nothing is generated as well (embeddings). An event that tells
    an error is a failure in all of them.
    """
    if stream and told.get("error"):
        tally.failed = True
        return
    tally.name(told.get("model"))
    for dialect in DIALECTS:
        if dialect(told, tally, stream):
            return
