"""The official OpenAI client, and the figures that it is told, to compare a report with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

PROMPT: Final = [{"role": "user", "content": "hi"}]


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer told its client. `usage` is None where the server sent no figures."""

    pieces: int
    usage: int | None


@contextmanager
def official_client(port: int, key: str = "none") -> Iterator[Any]:
    """Yield the client of a server on loopback. It tries once: a silent second try would count twice."""
    from openai import OpenAI

    with OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=key, max_retries=0, timeout=120) as client:
        yield client


def whole(client: Any, length: int, model: str = "micro") -> Told:  # noqa: ANN401 - an optional package's type
    """Ask for an answer in one piece."""
    answer = client.chat.completions.create(model=model, messages=PROMPT, max_tokens=length)
    return Told(int(bool(answer.choices[0].message.content)), answer.usage and int(answer.usage.completion_tokens))


def streamed(client: Any, length: int, model: str = "micro", **more: Any) -> Told:  # noqa: ANN401 - as above
    """Ask for a stream and read it to its end."""
    pieces, usage = 0, None
    for chunk in client.chat.completions.create(model=model, messages=PROMPT, max_tokens=length, stream=True, **more):
        pieces += any(choice.delta.content for choice in chunk.choices)
        usage = int(chunk.usage.completion_tokens) if chunk.usage else usage
    return Told(pieces, usage)
