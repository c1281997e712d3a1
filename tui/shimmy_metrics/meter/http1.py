"""HTTP/1 as the meter needs it: where heads and bodies begin and end. Looks with `find`; never walks bytes.

Whatever is not plainly HTTP/1 (RFC 9112) raises `LostError`, and the connection is passed on unread: a reader that
guesses framing could be made to count what is not there. Each limit is of the bytes themselves, never of how many came
in one read, so that any cut of a connection into reads tells the same.
"""

import re
from typing import Final, NamedTuple

from shimmy_metrics.limits import HEAD_BYTES

CHUNKED: Final = -1
OPEN: Final = 1 << 62
"""The length of a body that ends with its connection: longer than any Content-Length that is read (18 digits)."""

_LENGTH, _SIZE, _CHUNK, _AFTER, _TRAILERS = range(5)
"""What comes next of a body: so many bytes, or of chunks a size line, a piece, the line behind it, the trailers."""

_END: Final = b"\r\n\r\n"
_CHUNK_LINE: Final = 4_096
"""A chunk's size line, its extensions included, and each trailer line are at most this long."""

_HEAD: Final = re.compile(rb"([!-~][^\0\r\n]*+)\r\n(?:[!-9;-~]++:[^\0\r\n]*+\r\n)*+\r\n")
"""A whole head: no line that goes on in the next, no lone CR or LF, no NUL, no space before a colon (RFC 9112, section
5). Possessive, so that it never goes back; one pass costs less than looking for each of those."""

_FIELDS: Final = re.compile(
    rb"\n(content-length|content-type|content-encoding|transfer-encoding|user-agent|upgrade|sec-websocket-extensions):"
    rb"[ \t]*([^\r]*)"
)
"""All that is looked at, in a head in lower case."""


class LostError(Exception):
    """The bytes are not what this reader understands; it reads no further."""


class Head(NamedTuple):
    """A message's head: its first line as it came, and the `fields` that are looked at, all in lower case.

    `began` is the time that came with its first byte.
    """

    line: bytes
    fields: dict[bytes, bytes]
    began: float


def framing(fields: dict[bytes, bytes], version: bytes) -> int | None:
    """Return how long a head says its body is: bytes, `CHUNKED`, or None where it does not say.

    Raises `LostError` for what two readers could understand differently: both framings at once, chunks before HTTP/1.1
    (RFC 9112, section 6.1), a coding that is not `chunked`, a length that is no number.
    """
    coding = fields.get(b"transfer-encoding")
    length = fields.get(b"content-length")
    if coding is not None:
        if length is not None or version != b"HTTP/1.1" or coding.rstrip(b" \t") != b"chunked":
            raise LostError
        return CHUNKED
    if length is None:
        return None
    digits = length.rstrip(b" \t")
    if not digits.isdigit() or len(digits) > 18:
        raise LostError
    return int(digits)


class Message:
    """Cuts one direction of a connection into heads and bodies.

    While `done`, `head` returns the next head, or None until it is whole; `expect` then says how its body is framed;
    `body` returns what came of it, or `skip` passes over it, and both set `done` at its end. Between reads at most
    `HEAD_BYTES` wait here.
    """

    __slots__ = ("_at", "_began", "_buffer", "_left", "_now", "_state", "done")

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self._left = 0
        self._state = _LENGTH
        self._began = self._now = 0.0
        self.done = True

    def feed(self, data: bytes, now: float) -> None:
        """Add what was read at the time `now`. What was fed before has been read as far as it could be."""
        self._now = now
        if not self._buffer or not self.done:
            self._began = now  # a head that waits began earlier
        self._buffer = self._buffer[self._at :] + data if self._buffer else data
        self._at = 0

    def head(self) -> Head | None:
        """Return the next message's head, or None until it is whole. Raises `LostError`."""
        buffer, at = self._buffer, self._at
        if at == len(buffer):
            self.drop()
            return None
        while buffer.startswith(b"\r\n", at):
            at += 2  # an empty line before a request is passed over (RFC 9112, section 2.2)
        if buffer.find(_END, at) < 0:  # first, since the pattern would begin anew with each read
            self._wait(at)
            return None
        found = _HEAD.match(buffer, at)
        if found is None:
            raise LostError
        self._at = end = found.end()
        if end - at > HEAD_BYTES:
            raise LostError
        pairs = _FIELDS.findall(buffer[at:end].lower())
        fields = dict(pairs)
        # Each of these stands once; of two, one reader takes the first and another the last.
        if len(fields) != len(pairs):
            raise LostError
        head = Head(found[1], fields, self._began)
        self._began = self._now
        return head

    def expect(self, length: int) -> None:
        """Say how the coming body is framed: so many bytes (`OPEN` for all that come), or `CHUNKED`."""
        self.done = length == 0
        self._state = _SIZE if length == CHUNKED else _LENGTH
        self._left = 0 if length == CHUNKED else length

    def body(self) -> bytes:
        """Return what waits of the body, without its framing. Raises `LostError`."""
        return self._length() if self._state == _LENGTH else self._chunks()

    def skip(self) -> None:
        """Pass over what waits of the body. Raises `LostError`."""
        if self._state != _LENGTH:
            self._chunks()
        elif self._left >= len(self._buffer) - self._at:
            self._length()
        else:
            # What follows in the same read is the next message; the body before it is not even copied.
            self._at += self._left
            self.done = True

    def drop(self) -> None:
        """Forget what waits."""
        self._buffer, self._at = b"", 0

    def _wait(self, at: int) -> None:
        """Keep a head that is not whole, as long as it can become one."""
        buffer = self._buffer
        waits = len(buffer) - at
        if not waits:
            self.drop()
            return
        # TLS and other protocols do not begin with a letter; a lone CR may be the first half of an empty line.
        begins = buffer[at : at + 1].isalpha() or (waits == 1 and buffer.endswith(b"\r"))
        if not begins or waits >= HEAD_BYTES:
            raise LostError
        self._at = at

    def _length(self) -> bytes:
        piece = self._buffer[self._at : self._at + self._left]
        self._left -= len(piece)
        self._at += len(piece)
        self.done = not self._left
        if self._at == len(self._buffer):
            self.drop()
        return piece

    def _chunks(self) -> bytes:
        buffer, at = self._buffer, self._at
        pieces: list[bytes] = []
        while not self.done:
            if self._state == _CHUNK:
                stop = at + self._left
                pieces.append(buffer[at:stop])
                if stop > len(buffer):
                    self._left = stop - len(buffer)
                    at = len(buffer)
                    break
                self._state, at = _AFTER, stop
            end = buffer.find(b"\r\n", at)
            if end < 0 and len(buffer) - at <= _CHUNK_LINE + 1:
                break
            if not 0 <= end - at <= _CHUNK_LINE:
                raise LostError
            if self._state == _AFTER:
                if end > at:
                    raise LostError
                self._state = _SIZE
            elif self._state == _TRAILERS:
                self.done = end == at
            else:
                self._left = _size(buffer[at:end])
                self._state = _CHUNK if self._left else _TRAILERS
            at = end + 2
        self._at = at
        if at == len(buffer):
            self.drop()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _size(line: bytes) -> int:
    """Return a chunk's size by its line. Raises `LostError`."""
    if not line.isalnum():
        line = line.partition(b";")[0].strip(b" \t")
    # int() alone would take signs, underscores, spaces and `0x` as well.
    if not line.isalnum() or len(line) > 15 or line[1:2] in (b"x", b"X"):
        raise LostError
    try:
        return int(line, 16)
    except ValueError:
        raise LostError from None
