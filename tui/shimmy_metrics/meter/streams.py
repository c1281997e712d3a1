"""Streams: server-sent events, and lines of JSON. Each block is read when it is whole, and forgotten.

The events of a stream differ in little but their text. Once an `EventTemplate` matches, blocks are counted many at a
time without parsing.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

from shimmy_metrics.meter.dialects.registry import read
from shimmy_metrics.meter.event_template import EventTemplate
from shimmy_metrics.meter.lines import EventSplitter, Splitter
from shimmy_metrics.meter.usage import Usage

_TEMPLATES: Final = 16
"""How often a template may be tried in one stream: llama.cpp puts the second into each event, Ollama the nanosecond."""

_TEMPLATE_BYTES: Final = 4_096
"""A template is as long as its event, and is kept."""

_DONE: Final = b"[DONE]"
_ERRORS: Final = frozenset({b"event: error", b"event:error"})


class Blocks(ABC):
    """Reads a stream in the blocks of `splitter`."""

    def __init__(self, usage: Usage, splitter: Splitter) -> None:
        self._usage = usage
        self._splitter = splitter

    def feed(self, piece: bytes) -> None:
        """Take the next piece and read all complete blocks."""
        whole = self._splitter.feed(piece)
        if whole:
            self._read(whole)

    def finish(self, last: bytes = b"") -> None:
        """Take the last piece and read a last block, which may lack its gap."""
        self.feed(last)
        self._read(self._splitter.rest())

    def _read(self, whole: bytes) -> None:
        """Read blocks, each with its gap."""
        for block in self._splitter.split(whole):
            self._block(block)

    @abstractmethod
    def _block(self, block: bytes) -> None:
        """Read one block, without its gap."""


class Lines(Blocks):
    """Lines of JSON (Ollama)."""

    def __init__(self, usage: Usage, splitter: Splitter | None = None, *, quick: bool = True) -> None:
        """Unless `quick`, no template is tried."""
        super().__init__(usage, splitter or Splitter())
        self._template: EventTemplate | None = None
        self._tries = _TEMPLATES if quick else 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece and read all complete blocks; where it is whole events of the known form, at once."""
        template, splitter = self._template, self._splitter
        if template is None or splitter.kept or not template.take_all(piece, self._usage):
            super().feed(piece)

    def _read(self, whole: bytes) -> None:
        if self._template is None or not self._template.take_all(whole, self._usage):
            super()._read(whole)

    def _block(self, block: bytes) -> None:
        usage = self._usage
        if self._template is not None and self._template.take(block, usage):
            return
        before = usage.pieces
        self._read_event(block, usage)
        if usage.pieces > before and self._tries and len(block) <= _TEMPLATE_BYTES:
            self._tries -= 1
            self._template = EventTemplate.of(block, self._splitter.gap, self._read_event)

    def _read_event(self, block: bytes, usage: Usage) -> None:
        """Read one block into `usage`. The result depends on the block alone."""
        payload = json_value(block) if block.startswith(b"{") else None
        if payload is not None:
            read(payload, usage, stream=True)


class Events(Lines):
    """Server-sent events whose data is JSON."""

    def __init__(self, usage: Usage, *, quick: bool = True) -> None:
        super().__init__(usage, EventSplitter(), quick=quick)

    def _read_event(self, block: bytes, usage: Usage) -> None:
        if not block.startswith(b"data: ") and not _ERRORS.isdisjoint(block.splitlines()):
            usage.failed = usage.understood = True
        elif (data := data_of(block)) == _DONE:
            usage.understood = True
        elif data is not None:
            super()._read_event(data, usage)


class BareEvents(Blocks):
    """Server-sent events whose data is the generated text itself (Shimmy's `/api/generate`).

    A failed generation sends an event of its own: `[ERROR] ` and the reason (seen live, 2.6.5).
    """

    def __init__(self, usage: Usage) -> None:
        super().__init__(usage, EventSplitter())

    def finish(self, last: bytes = b"") -> None:
        """Take the last piece and discard an incomplete event: it may be half of `[DONE]`."""
        self.feed(last)
        self._splitter.rest()

    def _block(self, block: bytes) -> None:
        data = data_of(block)
        if data is None:
            return
        usage = self._usage
        usage.understood = True
        if data.startswith((b"[ERROR] ", b'{"error":')):
            usage.failed = True
        elif data != _DONE:
            usage.piece(streamed=True)  # without text it is still a token: a special one


def data_of(block: bytes) -> bytes | None:
    """Return an event's data: its `data` lines without the one space that may follow the colon, joined by LF.

    None for an event without data: a comment that keeps the connection alive.
    """
    if block.startswith(b"data: ") and b"\n" not in block:
        return block[6:]
    data = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(data) if data else None


def json_value(data: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return the JSON value of the bytes, or None where they are not JSON."""
    import orjson  # with `uuid` and `platform` behind it: the first client need not wait until it is loaded

    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
