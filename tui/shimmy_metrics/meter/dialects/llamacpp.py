"""llama.cpp's own `/completion` and `/infill`: an object, or for several prompts an array of them.

In a stream every event has the count so far of its prompt, the last one `"stop":true`.
"""

from typing import Any

from shimmy_metrics.meter.usage import Usage


def read(payload: dict[str, Any], usage: Usage, stream: bool) -> bool:  # noqa: FBT001 - a dialect's fixed form
    """Read an object with `content` and `stop`."""
    text, stop = payload.get("content"), payload.get("stop")
    if not isinstance(text, str) or not isinstance(stop, bool):
        return False
    if text or (stream and not stop):
        usage.piece(text, streamed=stream)  # without text it is still a token: half a character, or a special one
    index = payload.get("index")
    number = index if type(index) is int else 0
    usage.report(payload.get("tokens_predicted"), number, so_far=not stop)
    usage.report_prompt(payload.get("tokens_evaluated"), prompt=number)
    return True
