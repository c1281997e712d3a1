"""The bodies of answers, by their Content-Type: whole JSON, server-sent events, lines of JSON.

Each takes the body in pieces of any size and fills a tally. Only what straddles two reads is copied.
"""

from typing import Any, Final, Protocol

import orjson

from shimmy_metrics.limits import BODY_BYTES, EVENT_BYTES
from shimmy_metrics.meter.dialects import read
from shimmy_metrics.meter.tally import Tally


class Body(Protocol):
    """Reads one answer's body."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""

    def finish(self) -> None:
        """Take note that the body has ended, whole or cut short."""


class JsonBody:
    """A JSON answer, read once it is whole. One longer than `BODY_BYTES` is not read: generated, but unknown."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        self._size += len(piece)
        if self._size > BODY_BYTES:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def finish(self) -> None:
        """Read the whole."""
        if self._size > BODY_BYTES:
            self._tally.content = True
            return
        told = _object(self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
        if told is not None:
            read(told, self._tally, stream=False)


class LineBody:
    """Lines of JSON (Ollama)."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._rest = b""
        self._passing = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece and read the lines that are whole."""
        if self._rest:
            piece = self._rest + piece
        *whole, self._rest = piece.split(b"\n")
        if self._passing and whole:
            # The end of the line that was too long to keep.
            self._passing = False
            del whole[0]
        for line in whole:
            if line:
                self._line(line)
        if len(self._rest) > EVENT_BYTES:
            self._passing, self._rest = True, b""

    def finish(self) -> None:
        """Read a last line without its break."""
        if self._rest and not self._passing:
            self._line(self._rest)

    def _line(self, line: bytes) -> None:
        told = _object(line)
        if told is not None:
            read(told, self._tally, stream=True)


_DATA: Final = b"data:"


class EventBody(LineBody):
    """Server-sent events. Only `data` lines matter; an event of several data lines is none of these servers'.

    `bare`: the data is the generated text itself (Shimmy's `/api/generate`), not JSON.
    """

    def __init__(self, tally: Tally, *, bare: bool) -> None:
        super().__init__(tally)
        self._bare = bare

    def _line(self, line: bytes) -> None:
        if not line.startswith(_DATA):
            return
        data = line[5:].rstrip(b"\r").removeprefix(b" ")
        if data.strip() == b"[DONE]":
            return
        if not self._bare:
            super()._line(data)
        elif data.startswith(b'{"error":{'):
            self._tally.failed = True
        elif data:
            self._tally.piece(streamed=True)


class Unreadable:
    """A body that is passed on unread (compressed): something was generated, nobody knows how much."""

    def __init__(self, tally: Tally) -> None:
        tally.content = True

    def feed(self, piece: bytes) -> None:
        """Pass over it."""

    def finish(self) -> None:
        """Nothing to read."""


class Ignored:
    """A body that tells nothing: errors, lists, pages."""

    def feed(self, piece: bytes) -> None:
        """Pass over it."""

    def finish(self) -> None:
        """Nothing to read."""


def body_for(content_type: bytes, tally: Tally, *, bare_events: bool) -> Body:
    """Return the reader for an answer, by its Content-Type in lower case (never by what was asked for)."""
    kind = content_type.partition(b";")[0].strip()
    match kind:
        case b"application/json":
            return JsonBody(tally)
        case b"text/event-stream":
            return EventBody(tally, bare=bare_events)
        case b"application/x-ndjson" | b"application/jsonl" | b"application/json-lines":
            return LineBody(tally)
    return Ignored()


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        told = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None
