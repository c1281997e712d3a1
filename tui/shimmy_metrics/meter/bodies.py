"""Readers of response bodies, chosen by Content-Type and never by the request.

JSON is read here, streams in `streams`. A response on a generating route that cannot be read (compressed, cut short, of
an unknown form) was generated all the same, and its amount is unknown.
"""

from typing import Any, Final, Literal, Protocol

from shimmy_metrics.limits import KEPT_BYTES
from shimmy_metrics.meter.dialects.registry import read
from shimmy_metrics.meter.lines import BYTE_ORDER_MARK
from shimmy_metrics.meter.outline import DEPTH, Outline
from shimmy_metrics.meter.streams import BareEvents, Events, Lines, json_value
from shimmy_metrics.meter.usage import Usage

_SHORT_BYTES: Final = 1_024
"""What waits for more of it is kept up to here. Reading so much costs less than the message around it."""

_NAME_BYTES: Final = 2_048
_NAME_DEPTH: Final = 2
"""Where nothing is generated only the model's name and an error are wanted, and both are at the top."""

Form = Literal["json", "events", "lines", "untold", "other"]
"""What a body is. `untold`: nobody set a type, and the body itself tells more; `other`: it cannot be read."""

_FORMS: Final[dict[bytes, Form]] = {
    b"application/json": "json",
    b"text/event-stream": "events",
    b"application/x-ndjson": "lines",
    b"application/jsonl": "lines",
    b"application/json-lines": "lines",
    b"": "untold",
    b"text/plain": "untold",
    b"application/octet-stream": "untold",
}

_BEFORE: Final = b" \t\r\n" + BYTE_ORDER_MARK
"""What may precede a body that is recognised by its first bytes; no known form begins with one of these."""

_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_FIELD_BYTES: Final = max(map(len, _FIELDS))
"""A stream of events begins with one of these fields, or with a comment."""


class Body(Protocol):
    """Reads one answer's body into the usage."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece, of any size; more may follow."""

    def finish(self, last: bytes = b"") -> None:
        """Take the last piece, and note that the body has ended, whole or cut short."""


class JsonBody:
    """A JSON response, parsed once it is complete.

    One that comes in a single read is never copied. One that comes in several is kept while it is short, and then only
    its outline: if more were kept, its first bytes would cost nothing compared with those after them. A whole one that
    is not quite JSON is read by its outline too, so that damage tells the same in any cut.
    """

    __slots__ = ("_kept", "_outline", "_usage")

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._kept = bytearray()
        self._outline: Outline | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._outline is None:
            if len(self._kept) + len(piece) <= _SHORT_BYTES:
                self._kept += piece
                return
            self._outline = self._new_outline()
            if self._kept:
                piece, self._kept = bytes(self._kept) + piece, bytearray()
        self._outline.feed(piece)

    def finish(self, last: bytes = b"") -> None:
        """Read the whole."""
        if self._outline is None and not self._kept:
            if last:
                parsed = _parsed(last)
                if parsed is None and len(last) > _SHORT_BYTES:
                    outline = self._new_outline()
                    outline.feed(last)
                    parsed = _parsed(outline.text())
                self._read(parsed)
            return
        self.feed(last)
        body = bytes(self._kept) if self._outline is None else self._outline.text()
        self._kept, self._outline = bytearray(), None
        self._read(_parsed(body))

    def _new_outline(self) -> Outline:
        return Outline(KEPT_BYTES, DEPTH) if self._usage.generates else Outline(_NAME_BYTES, _NAME_DEPTH)

    def _read(self, parsed: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        if parsed is None:
            self._usage.content = True  # too long, or cut short: nobody knows how much
        # llama.cpp answers several prompts, TGI any, with an array.
        for each in parsed if isinstance(parsed, list) else (parsed,):
            if isinstance(each, dict):
                read(each, self._usage, stream=False)


class UntoldBody:
    """A response without a telling type: its first bytes decide whether it is JSON, `events`, or neither."""

    __slots__ = ("_body", "_events", "_first", "_usage")

    def __init__(self, usage: Usage, events: Body) -> None:
        self._usage = usage
        self._events = events
        self._first = b""
        self._body: Body | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._body is not None:
            self._body.feed(piece)
            return
        # Neither spaces nor byte order marks decide; both may come for ever.
        self._first = (self._first + piece).lstrip(_BEFORE)
        if len(self._first) >= _FIELD_BYTES:
            self._body = self._decided()
            self._body.feed(self._first)
            self._first = b""

    def finish(self, last: bytes = b"") -> None:
        """Read the whole."""
        if self._body is None:
            self._first = last = (self._first + last).lstrip(_BEFORE)
            self._body = self._decided()
        self._body.finish(last)

    def _decided(self) -> Body:
        if self._first.startswith((b"{", b"[")):
            return JsonBody(self._usage)
        return self._events if self._first.startswith(_FIELDS) else Unread()


class Unread:
    """A response that cannot be read: compressed, or of no known form."""

    __slots__ = ()

    def feed(self, piece: bytes) -> None:
        """Pass over the next piece."""

    def finish(self, last: bytes = b"") -> None:
        """Pass over the last piece."""


def form_of(content_type: bytes) -> Form:
    """Return the form that a Content-Type in lower case stands for."""
    return _FORMS.get(content_type) or _FORMS.get(content_type.partition(b";")[0].rstrip(b" \t"), "other")


def body_for(form: Form, usage: Usage, *, bare: bool, quick: bool = True) -> Body | None:
    """Return the reader for a form; None where the body tells nothing.

    `bare`: an event's data is the generated text itself, not JSON. Unless `quick`, each event is parsed.
    """
    if form == "json":
        return JsonBody(usage)
    if form == "lines":
        return Lines(usage, quick=quick)
    if form == "events" or (form == "untold" and usage.generates):
        events = BareEvents(usage) if bare else Events(usage, quick=quick)
        return events if form == "events" else UntoldBody(usage, events)
    return Unread() if usage.generates else None


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold
    return json_value(body.removeprefix(BYTE_ORDER_MARK))
