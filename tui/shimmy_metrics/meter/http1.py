"""HTTP/1 as the meter needs it: where heads and bodies begin and end. Searches with `find`; never iterates over bytes.

Whatever is not plainly HTTP/1 (RFC 9112) raises `UnsupportedError`, and the connection is passed on unread: a parser
that guesses framing could be made to count what is not there. Limits apply to the bytes themselves, never to how many
came in one read, so the result does not depend on how a connection is cut into reads. No byte is searched or copied
again with each read: the time is linear in the number of bytes.
"""

import re
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from shimmy_metrics.limits import HEAD_BYTES
from shimmy_metrics.meter.chunk_size import NAME, chunk_size
from shimmy_metrics.meter.clients import HEADER
from shimmy_metrics.meter.head_fields import CHUNKED, OPEN, UnsupportedError, joined
from shimmy_metrics.meter.repeated_head import RepeatedHead

_LENGTH, _SIZE, _CHUNK, _AFTER, _TRAILERS = range(5)
"""What comes next in a body: so many bytes; or, in chunks, a size line, a piece, the line end after it, trailers."""

_LINE_END: Final = b"\r\n"
_END: Final = b"\r\n\r\n"
_LINE_BYTES: Final = 4_096
"""A chunk's size line, its extensions included, and each trailer line are at most this long."""

_FIELD: Final = NAME + rb":[^\0\r\n]*+"
_HEAD: Final = re.compile(rb"([!-~][^\0\r\n]*+)\r\n(?:%s\r\n)*+\r\n" % _FIELD)
"""A complete head: no line folding, no lone CR or LF, no NUL, no space before a colon (RFC 9112, section
5). Possessive, so that it never goes back; one pass costs less than looking for each of those."""

_TRAILER: Final = re.compile(_FIELD)
_BARE_FEED: Final = re.compile(rb"(?<!\r)\n")

_LOOKED_AT: Final = re.compile(
    rb"\n(con(?:nection|tent-(?:length|type|encoding))|transfer-encoding|%s|upgrade|sec-websocket-extensions):"
    rb"[ \t]*([^\r]*)" % HEADER
)
"""All fields that are read, in a lower-case head."""

_SIZE_BYTES: Final = 18
"""The short way of a chunk looks so far for the end of its size."""

_CONTENT_LENGTH: Final = b"content-length"


class Head(NamedTuple):
    """A message's head: its first line as received, and the `fields` that are read, all in lower case."""

    line: bytes
    fields: dict[bytes, bytes]


class Framed(Protocol):
    """What is kept of a head. `length` is its body's, by `head_fields.body_length`."""

    @property
    def length(self) -> int | None:
        """Bytes, `CHUNKED`, `OPEN`, or None where the head does not say."""


Kept = TypeVar("Kept", bound=Framed)


class MessageParser(Generic[Kept]):
    """Parses one direction of a connection into heads and bodies.

    While `done`, `head` returns what `read` keeps of the next head, or None until it is complete; then `expect` sets
    how its body is framed; `body` returns what has come of it, or `skip` skips that, and both set `done` at its end.
    Between reads at most `HEAD_BYTES` are kept. `start` is how each head begins; if empty, with a letter. Of the last
    head, `length` is the body's, and `began` the time at which its first byte was read. Unless `quick`, a head that is
    repeated is parsed again, and no chunk goes a short way.
    """

    __slots__ = (
        "_at", "_begins", "_buffer", "_left", "_now", "_quick", "_read", "_repeated", "_searched", "_start", "_state",
        "began", "done", "length",
    )  # fmt: skip

    def __init__(self, read: Callable[[Head], Kept], start: bytes = b"", *, quick: bool = True) -> None:
        self._read = read
        self._quick = quick
        self._repeated: RepeatedHead[Kept] | None = None
        self._start = start
        self._buffer: bytes | bytearray = b""  # what waits is a bytearray, and begins at 0
        self._at = 0
        self._searched = 0  # up to here, no line end that is looked for begins in the buffer; 0: none was looked for
        self._left = 0
        self._state = _LENGTH
        self._begins = self._now = 0.0
        self.length: int | None = None
        self.began = 0.0
        self.done = True

    @property
    def ends_with_connection(self) -> bool:
        """Whether the body is complete if the connection ends now."""
        return self.done or (self._state == _LENGTH and self._left > OPEN >> 1)

    def feed(self, data: bytes, now: float) -> None:
        """Add bytes that were read at the time `now`. Earlier bytes have been parsed as far as possible."""
        self._now = now
        if not self._buffer or not self.done:
            self._begins = now  # an incomplete head began earlier
        if self._buffer:
            self._buffer += data
        else:
            self._buffer = data
            self._at = 0

    def head(self) -> Kept | None:
        """Return what is kept of the next head, or None until it is complete. Raises `UnsupportedError`."""
        if self._at == len(self._buffer):
            self.drop()
            return None
        kept = self._recognised() or self._parsed()
        if kept is not None:
            self.began = self._begins
            self._begins = self._now
        return kept

    def _recognised(self) -> Kept | None:
        """Return what is kept of the next head where it is the last one again."""
        repeated, buffer = self._repeated, self._buffer
        if repeated is None or not isinstance(buffer, bytes):
            return None
        end = repeated.end_in(buffer, self._at)
        if not end:
            return None
        self._at = end
        self.length = repeated.length
        return repeated.kept

    def _parsed(self) -> Kept | None:
        buffer, at = self._buffer, self._at
        while buffer.startswith(_LINE_END, at):
            at += 2  # an empty line before a request is skipped (RFC 9112, section 2.2)
        # Search first: the pattern would start over with each read.
        if buffer.find(_END, self._searched or at) < 0:
            self._wait(at)
            return None
        found = _HEAD.match(buffer, at)
        if found is None:
            raise UnsupportedError
        self._at = end = found.end()
        self._searched = 0
        if end - at > HEAD_BYTES:
            raise UnsupportedError
        whole = bytes(buffer[at:end])
        lowered = whole.lower()
        pairs = _LOOKED_AT.findall(lowered)
        fields = dict(pairs)
        if len(fields) != len(pairs):
            fields = joined(pairs)
        kept = self._read(Head(bytes(found[1]), fields))
        self.length = kept.length
        if self._quick:
            self._repeated = RepeatedHead.of(whole, lowered, fields.get(_CONTENT_LENGTH), kept.length, kept)
        return kept

    def expect(self, length: int) -> None:
        """Set how the next body is framed: a number of bytes (`OPEN` for all that come), or `CHUNKED`."""
        self.done = length == 0
        self._state = _SIZE if length == CHUNKED else _LENGTH
        self._left = 0 if length == CHUNKED else length

    def body(self) -> bytes:
        """Return the bytes of the body that have come, without framing. Raises `UnsupportedError`."""
        return self._length() if self._state == _LENGTH else self._chunks()

    def chunk(self, data: bytes) -> bytes:
        """Return the bytes of a read that is exactly one chunk, as streaming servers write; empty for any other.

        Only the other ones have to be fed. Raises `UnsupportedError`.
        """
        if self._state != _SIZE or self._buffer or self.done or not self._quick:
            return b""
        end = data.find(_LINE_END, 0, _SIZE_BYTES)
        if end <= 0 or not data.endswith(_LINE_END):
            return b""
        line, size = data[:end], len(data) - end - 4
        # As servers write it, in half the time that it takes to read it.
        if line.lower() != b"%x" % size and chunk_size(line) != size:
            return b""
        return data[end + 2 : -2]

    def skip(self) -> None:
        """Skip the bytes of the body that have come. Raises `UnsupportedError`."""
        if self._state != _LENGTH:
            self._chunks()
        elif self._left >= len(self._buffer) - self._at:
            self._left -= len(self._buffer) - self._at
            self.done = not self._left
            self.drop()
        else:
            # The next message follows in the same read; the body before it is not even copied.
            self._at += self._left
            self.done = True

    def drop(self) -> None:
        """Discard all buffered bytes."""
        self._buffer, self._at, self._searched = b"", 0, 0

    def _wait(self, at: int) -> None:
        """Keep an incomplete head while it can still become one. Raises `UnsupportedError`."""
        buffer = self._buffer
        waits = len(buffer) - at
        if not waits:
            self.drop()
            return
        # Other protocols, such as TLS, begin differently; a lone CR may be half of an empty line.
        begun = bytes(buffer[at : at + (len(self._start) or 1)])
        begins = self._start.startswith(begun) if self._start else begun.isalpha()
        if not (begins or begun == buffer[at:] == b"\r") or waits >= HEAD_BYTES:
            raise UnsupportedError
        self._keep(at, len(_END))

    def _keep(self, at: int, sought: int) -> None:
        """Keep unread bytes without a line end of `sought` bytes. Raises `UnsupportedError` for a lone line feed."""
        if _BARE_FEED.search(self._buffer, self._searched or at):
            raise UnsupportedError
        if isinstance(self._buffer, bytearray):
            del self._buffer[:at]
        else:
            self._buffer = bytearray(self._buffer[at:])
        self._at = 0
        self._searched = max(0, len(self._buffer) + 1 - sought)

    def _length(self) -> bytes:
        piece = bytes(self._buffer[self._at : self._at + self._left])
        self._left -= len(piece)
        self._at += len(piece)
        self.done = not self._left
        if self._at == len(self._buffer):
            self.drop()
        return piece

    def _chunks(self) -> bytes:
        """Return the bytes of the body's chunks that have come; keep an incomplete line."""
        buffer, at, state = self._buffer, self._at, self._state
        size = len(buffer)
        pieces: list[bytes | bytearray] = []
        while at < size and not self.done:
            if state == _CHUNK:
                stop = at + self._left
                pieces.append(buffer[at:stop])
                if stop > size:
                    self._left = stop - size
                    at = size
                else:
                    state, at = _AFTER, stop
            elif state == _AFTER:
                if not buffer.startswith(_LINE_END, at):
                    if buffer[at:] == b"\r":
                        break
                    raise UnsupportedError
                state = _SIZE
                at += 2
            else:
                end = buffer.find(_LINE_END, self._searched or at)
                if end < 0 and size - at <= _LINE_BYTES + 1:
                    break
                if not 0 <= end - at <= _LINE_BYTES:
                    raise UnsupportedError
                self._searched = 0
                if state == _SIZE:
                    self._left = chunk_size(buffer[at:end])
                    state = _CHUNK if self._left else _TRAILERS
                else:
                    self.done = end == at
                    if not (self.done or _TRAILER.fullmatch(buffer, at, end)):
                        raise UnsupportedError
                at = end + 2
        self._state = state
        if at == size:
            self._buffer, self._at, self._searched = b"", 0, 0
        elif self.done:
            self._at = at
        else:
            self._keep(at, len(_LINE_END))
        return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)
