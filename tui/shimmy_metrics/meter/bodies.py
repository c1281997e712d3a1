"""The body of an answer, by its Content-Type and never by what was asked for.

Whole JSON is read here, streams in `streams`. What is on a generating route and cannot be read (compressed, too long,
cut short) was generated all the same, and nobody knows how much.
"""

from typing import Any, Final, Protocol

import orjson

from shimmy_metrics.limits import BODY_BYTES
from shimmy_metrics.meter.dialects import read
from shimmy_metrics.meter.streams import BareEvents, Events, Lines
from shimmy_metrics.meter.tally import Tally

_LEAN_BYTES: Final = 1_024
"""Up to about here parsing the whole costs no more than looking for its ends; at 16 kB it costs twice as much."""

_LINES: Final = frozenset({b"application/x-ndjson", b"application/jsonl", b"application/json-lines"})


class Body(Protocol):
    """Reads one answer's body into a tally."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece, of any size."""

    def finish(self) -> None:
        """Take note that the body has ended, whole or cut short."""


class JsonBody:
    """A JSON answer, read once it is whole, up to `BODY_BYTES`. `generating`: what cannot be read is content."""

    __slots__ = ("_generating", "_kept", "_size", "_tally")

    def __init__(self, tally: Tally, *, generating: bool) -> None:
        self._tally = tally
        self._generating = generating
        self._kept: bytes | bytearray = b""
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        self._size += len(piece)
        if self._size > BODY_BYTES:
            self._kept = b""
        elif not self._kept:
            self._kept = piece  # mostly the whole, and then never copied
        elif isinstance(self._kept, bytearray):
            self._kept += piece
        else:
            self._kept = bytearray(self._kept) + piece

    def finish(self) -> None:
        """Read the whole."""
        if not self._size:
            return
        tally = self._tally
        if self._size > _LEAN_BYTES:
            lean = _object(_lean(self._kept))
            if lean is not None:
                read(lean, tally, stream=False)
            if tally.reported:
                return
        told = _object(self._kept)
        if told is not None:
            read(told, tally, stream=False)
        elif self._generating:
            tally.content = True


class Unread:
    """A compressed answer on a generating route."""

    __slots__ = ("_tally",)

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def feed(self, piece: bytes) -> None:
        """Note that something was generated."""
        if piece:
            self._tally.content = True

    def finish(self) -> None:
        """Nothing to read."""


def body_for(kind: bytes, tally: Tally, *, generating: bool, bare: bool) -> Body | None:
    """Return the reader for a Content-Type in lower case, None where the body tells nothing.

    `bare`: the data of an event is the generated text itself, not JSON.
    """
    kind = kind.partition(b";")[0].rstrip(b" \t")
    if kind == b"application/json":
        return JsonBody(tally, generating=generating)
    if kind == b"text/event-stream":
        return BareEvents(tally) if bare else Events(tally)
    return Lines(tally) if kind in _LINES else None


def _lean(body: bytes | bytearray) -> bytes | bytearray:
    """Return a long answer in OpenAI's form without its choices: only the ends are parsed; empty for another form.

    Inside a string each quote has a backslash before it, so `"usage":{` is a key. If what is left is one object, as
    many brackets closed after the gap as were open before it; then the keys at its top were at the top of the whole.
    """
    begin, end = body.find(b'"choices":['), body.rfind(b'"usage":{')
    model = body.rfind(b'"model":"')
    if begin < model < end:
        end = model  # llama.cpp names it after the choices
    if not 0 <= begin < end or body[end - 1 : end] == b"\\":
        return b""
    return body[:begin] + b'"choices":[],' + body[end:]


def _object(data: bytes | bytearray) -> dict[str, Any] | None:
    try:
        told = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None
