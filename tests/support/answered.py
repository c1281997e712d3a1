"""A server's answers, whole and streamed, with the true number of tokens at each event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from support.wire import compact, event

Said = Mapping[str, object]
Piece = tuple[str, int]
"""The text of one event and how many tokens went into it."""

ASCII: Final[tuple[Piece, ...]] = (
    ("Warm", 1), (" tea", 1), (" in", 1), (" a", 1), (" cup", 1), (",", 1), ("\n", 1), ('"', 1), ("", 1), (" rain", 1),
    (" on", 1), (" the", 1), (" roof", 1), (" and", 1), (" a", 1), (" book", 1), (" to", 1), (" read", 1), (".", 1),
    ("", 1), (" Good", 1), (" night", 1),
)  # fmt: skip
WIDE: Final[tuple[Piece, ...]] = (*ASCII, (" 🍵", 3), ("☕", 2), ("茶", 2), (" über", 1), (" 🌧", 3))
"""With characters of which servers hold back the first half: several tokens in one event."""


class Block(NamedTuple):
    """One event or line of a stream, and how many tokens had been generated when it was sent."""

    data: bytes
    tokens: int


class Answered(NamedTuple):
    """A request's answer as JSON, as a stream and as the errors that come with a 200.

    `server` is what it calls itself; `exact` tells that a finished answer has the server's own count. `stream` is empty
    where the API has none.
    """

    name: str
    server: str
    path: str
    exact: bool
    tokens: int
    whole: bytes
    stream: tuple[Block, ...]
    error: bytes
    stream_error: bytes
    kind: str = "text/event-stream"


def running(pieces: Iterable[Piece], *, empties: bool = True) -> Iterable[tuple[str, int]]:
    """Yield each event's text with the tokens so far; where `empties` is False a token without text has no event."""
    tokens = 0
    for text, cost in pieces:
        tokens += cost
        if text or empties:
            yield text, tokens


def a_token_each(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return the pieces as a server that buffers nothing sends them: one a token."""
    return tuple((text if not left else "", 1) for text, cost in pieces for left in reversed(range(cost)))


def streamed(
    pieces: tuple[Piece, ...],
    say: Callable[[str, int], Said],
    *,
    before: Iterable[Said] = (),
    after: Iterable[Said] = (),
    end: bytes = b"",
    wrap: Callable[[Said], bytes] = event,
    empties: bool = True,
) -> tuple[Block, ...]:
    """Return the blocks of a stream whose text is `pieces`; `wrap` makes a block of what `say` returns."""
    total = sum(cost for _, cost in pieces)
    blocks = [Block(wrap(told), 0) for told in before]
    blocks += [Block(wrap(say(text, tokens)), tokens) for text, tokens in running(pieces, empties=empties)]
    blocks += [Block(wrap(told), total) for told in after]
    return (*blocks, Block(end, total)) if end else tuple(blocks)


def named(told: Said) -> bytes:
    """Return an event under its own name."""
    return b"event: %s\n" % str(told["type"]).encode() + event(told)


def json_line(told: object) -> bytes:
    """Return a line of JSON."""
    return compact(told) + b"\n"


def chunk(delta: object, finish: str | None = None, **more: object) -> Said:
    """Return an event's object of an OpenAI chat stream."""
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}


def openai_usage(tokens: int) -> Said:
    """Return OpenAI's usage."""
    return {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
