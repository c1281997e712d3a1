"""Streams: server-sent events, and lines of JSON. Each block is read when it is whole and forgotten.

A stream says the same thing over and over; once a `Mould` fits, blocks are counted many at a time without parsing.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

import orjson

from shimmy_metrics.limits import EVENT_BYTES
from shimmy_metrics.meter.dialects import read
from shimmy_metrics.meter.mould import Mould
from shimmy_metrics.meter.tally import Tally

_MOULDS: Final = 16
"""How often a stream may be tried for a mould. llama.cpp puts the second into each event; Ollama the nanosecond."""

_GAPS_BYTES: Final = 8
"""At most so many bytes of the gaps before and after a block wait beside it."""

_ERRORS: Final = frozenset({b"event: error", b"event:error"})


class Blocks(ABC):
    """Cuts a stream into blocks at `gap`, None for empty lines; a block longer than `EVENT_BYTES` is passed over."""

    def __init__(self, tally: Tally, gap: bytes | None) -> None:
        self._tally = tally
        self._gap = gap
        self._rest = b""
        self._passing = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece and read the blocks that are whole."""
        if self._rest:
            piece = self._rest + piece
        gap = self._gap or self._found_gap(piece)
        if gap is None:
            self._keep(piece)
            return
        end = len(piece) if piece.endswith(gap) else piece.rfind(gap) + len(gap)
        if end < len(gap):
            self._keep(piece)
            return
        whole = piece[:end]
        if self._passing:
            # The end of the block that was too long to keep.
            self._passing = False
            whole = whole[whole.find(gap) + len(gap) :]
        self._keep(piece[end:])
        if whole:
            self._read(whole, gap)

    def finish(self) -> None:
        """Read a last block without its gap."""
        if not self._passing:
            self._read(self._rest, self._gap or b"\n\n")
        self._rest = b""

    def _found_gap(self, piece: bytes) -> bytes | None:
        """Settle on the first empty line that is whole: LF or CR LF, as the server writes it."""
        ends = [(at + len(gap), gap) for gap in (b"\n\n", b"\r\n\r\n") if (at := piece.find(gap)) >= 0]
        if ends:
            self._gap = min(ends)[1]
        return self._gap

    def _keep(self, rest: bytes) -> None:
        if self._passing or len(rest) > EVENT_BYTES + _GAPS_BYTES:
            self._passing = True
            rest = rest[-3:]  # the gap may have begun; it is at most four bytes
        self._rest = rest

    def _read(self, whole: bytes, gap: bytes) -> None:
        """Read blocks, each with its gap."""
        for part in whole.split(gap):
            block = part.lstrip(b"\r\n")  # where empty lines follow one another, a read may end between them
            if block and len(block) <= EVENT_BYTES:
                self._block(block)

    @abstractmethod
    def _block(self, block: bytes) -> None:
        """Read one block, without its gap."""


class Lines(Blocks):
    """Lines of JSON (Ollama)."""

    def __init__(self, tally: Tally, gap: bytes | None = b"\n") -> None:
        super().__init__(tally, gap)
        self._mould: Mould | None = None
        self._tries = _MOULDS

    def _read(self, whole: bytes, gap: bytes) -> None:
        if self._mould is not None and len(whole) <= EVENT_BYTES:
            count = self._mould.count(whole, gap)
            if count:
                self._tally.content = True
                self._tally.pieces += count
                return
        super()._read(whole, gap)

    def _block(self, block: bytes) -> None:
        tally = self._tally
        if self._mould is not None and self._mould.fits(block):
            tally.piece(streamed=True)
            return
        before = tally.pieces
        self._tell(block, tally)
        if tally.pieces > before and self._tries:
            self._tries -= 1
            self._mould = Mould.of(block, self._tell)

    def _tell(self, block: bytes, tally: Tally) -> None:
        """Read one block into a tally. Depends on the block alone."""
        told = _object(block)
        if told is not None:
            read(told, tally, stream=True)


class Events(Lines):
    """Server-sent events whose data is JSON."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(tally, None)

    def _tell(self, block: bytes, tally: Tally) -> None:
        if not block.startswith(b"data: ") and not _ERRORS.isdisjoint(block.splitlines()):
            tally.failed = True
        else:
            super()._tell(data_of(block), tally)


class BareEvents(Blocks):
    """Server-sent events whose data is the generated text itself (Shimmy's `/api/generate`).

    A generation that fails there says so in an event of its own: `[ERROR] ` and the reason (seen live, 2.6.5).
    """

    def __init__(self, tally: Tally) -> None:
        super().__init__(tally, None)

    def finish(self) -> None:
        """Forget an event that was cut short: it may be half of `[DONE]`."""
        self._rest = b""

    def _block(self, block: bytes) -> None:
        data = data_of(block)
        if data.startswith((b"[ERROR] ", b'{"error":')):
            self._tally.failed = True
        elif data and data != b"[DONE]":
            self._tally.piece(streamed=True)


def data_of(block: bytes) -> bytes:
    """Return an event's data: its `data` lines without the one space that may follow the colon, joined by LF."""
    if block.startswith(b"data: ") and b"\n" not in block:
        return block[6:].removesuffix(b"\r")
    lines = (line.removesuffix(b"\r") for line in block.split(b"\n"))
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))


def _object(data: bytes) -> dict[str, Any] | None:
    if not data.startswith(b"{"):
        return None
    try:
        told: dict[str, Any] = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return told
