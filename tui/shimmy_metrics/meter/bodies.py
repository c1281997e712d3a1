"""The body of an answer, by its Content-Type and never by what was asked for.

JSON is read here, streams in `streams`. What is on a generating route and cannot be read (compressed, cut short, of no
form that is known) was generated all the same, and nobody knows how much.
"""

from typing import Any, Final, Protocol

import orjson

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.dialects import read
from shimmy_metrics.meter.lines import BYTE_ORDER_MARK
from shimmy_metrics.meter.outline import DEPTH, Outline
from shimmy_metrics.meter.streams import BareEvents, Events, Lines
from shimmy_metrics.meter.tally import Tally

_LEAN_BYTES: Final = 1_024
"""Up to about here parsing the whole costs no more than looking for its ends; at 16 kB it costs twice as much."""

_LINES: Final = frozenset({b"application/x-ndjson", b"application/jsonl", b"application/json-lines"})
_NAME_BYTES: Final = 2_048
_NAME_DEPTH: Final = 2
"""Where nothing is generated the model's name and an error are all that is looked for, and they stand at the top."""

_UNTOLD: Final = frozenset({b"", b"text/plain", b"application/octet-stream"})
"""Types that tell nothing: what is sent where nobody set one. The body itself tells more."""

_SPACE: Final = b" \t\r\n"
_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_FIELD_BYTES: Final = max(map(len, _FIELDS))
"""A stream of events begins with one of these fields, or with a remark."""


class Body(Protocol):
    """Reads one answer's body into a tally."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece, of any size; more may follow."""

    def finish(self, last: bytes = b"") -> None:
        """Take the last piece, and note that the body has ended, whole or cut short."""


class JsonBody:
    """A JSON answer, read once it is whole. `generating`: what cannot be read is content.

    One that comes in a single read is never copied; of one that comes in several and is too long to keep, the outline
    is read.
    """

    __slots__ = ("_generating", "_kept", "_outline", "_tally")

    def __init__(self, tally: Tally, *, generating: bool) -> None:
        self._tally = tally
        self._generating = generating
        self._kept = bytearray()
        self._outline: Outline | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._outline is None:
            limit, depth = (KEPT_BYTES, DEPTH) if self._generating else (_NAME_BYTES, _NAME_DEPTH)
            self._kept += piece
            if len(self._kept) <= limit:
                return
            self._outline = Outline(limit, depth)
            piece, self._kept = bytes(self._kept), bytearray()
        self._outline.feed(piece)

    def finish(self, last: bytes = b"") -> None:
        """Read the whole."""
        if self._outline is None and not self._kept:
            if last:
                self._read(last)
            return
        self.feed(last)
        body = bytes(self._kept) if self._outline is None else self._outline.text()
        self._kept, self._outline = bytearray(), None
        self._read(body)

    def _read(self, body: bytes) -> None:
        tally = self._tally
        if len(body) > _LEAN_BYTES:
            lean = _object(_lean(body))
            if lean is not None:
                read(lean, tally, stream=False)
            if tally.reported:
                return
        told = _object(body)
        if told is not None:
            read(told, tally, stream=False)
        elif self._generating:
            tally.content = True


class UntoldBody:
    """An answer whose type tells nothing: its first bytes tell whether it is JSON, `events`, or neither."""

    __slots__ = ("_body", "_events", "_first", "_tally")

    def __init__(self, tally: Tally, events: Body) -> None:
        self._tally = tally
        self._events = events
        self._first = b""
        self._body: Body | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._body is not None:
            self._body.feed(piece)
            return
        # No space and no mark decides; both may come for ever.
        self._first = (self._first + piece).removeprefix(BYTE_ORDER_MARK).lstrip(_SPACE)
        if len(self._first) >= _FIELD_BYTES:
            self._body = self._decided()
            self._body.feed(self._first)
            self._first = b""

    def finish(self, last: bytes = b"") -> None:
        """Read the whole."""
        if self._body is None:
            last, self._first = (self._first + last).removeprefix(BYTE_ORDER_MARK).lstrip(_SPACE), b""
            self._first = last
            self._body = self._decided()
        self._body.finish(last)

    def _decided(self) -> Body:
        if self._first.startswith(b"{"):
            return JsonBody(self._tally, generating=True)
        return self._events if self._first.startswith(_FIELDS) else Unread(self._tally)


class Unread:
    """An answer on a generating route that cannot be read, compressed or of no known form."""

    __slots__ = ("_tally",)

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def feed(self, piece: bytes) -> None:
        """Note that something was generated."""
        if piece:
            self._tally.content = True

    def finish(self, last: bytes = b"") -> None:
        """Note that something was generated."""
        self.feed(last)


def body_for(kind: bytes, tally: Tally, *, generating: bool, bare: bool) -> Body | None:
    """Return the reader for a Content-Type in lower case, None where the body tells nothing.

    `bare`: the data of an event is the generated text itself, not JSON.
    """
    kind = kind.partition(b";")[0].rstrip(b" \t")
    if kind == b"application/json":
        return JsonBody(tally, generating=generating)
    if kind == b"text/event-stream":
        return BareEvents(tally) if bare else Events(tally)
    if kind in _UNTOLD and generating:
        return UntoldBody(tally, BareEvents(tally) if bare else Events(tally))
    return Lines(tally) if kind in _LINES else None


def _lean(body: bytes) -> bytes:
    """Return a long answer in OpenAI's form without its choices: only the ends are parsed; empty for another form.

    Inside a string each quote has a backslash before it, so `"usage":{` is a key. If what is left is one object, as
    many brackets closed after the gap as were open before it; then the keys at its top were at the top of the whole.
    A choice that holds an error is left for the whole to tell.
    """
    begin, end = body.find(b'"choices":['), body.rfind(b'"usage":{')
    model = body.rfind(b'"model":"')
    if begin < model < end:
        end = model  # llama.cpp names it after the choices
    if not 0 <= begin < end or body[end - 1 : end] == b"\\" or body.rfind(b'"error":', begin, end) >= 0:
        return b""
    return body[:begin] + b'"choices":[],' + body[end:]


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        told = orjson.loads(data.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None
