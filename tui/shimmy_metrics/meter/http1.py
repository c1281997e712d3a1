"""HTTP/1 as the meter needs it: where heads and bodies begin and end. Looks with `find`; never walks bytes.

Whatever is not plainly HTTP/1 (RFC 9112) raises `LostError`, and the connection is passed on unread: a reader that
guesses framing could be made to count what is not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shimmy_metrics.limits import HEAD_BYTES

_END: Final = b"\r\n\r\n"
_CHUNK_LINE: Final = 4_096
"""A chunk's size line, its extensions included, is shorter than this."""


class LostError(Exception):
    """The bytes are not what this reader understands; it reads no further."""


@dataclass(frozen=True, slots=True)
class Head:
    """A message's head. `line` is its first line as it came; `fields` the rest in lower case, each after CR LF."""

    line: bytes
    fields: bytes

    def get(self, name: bytes) -> bytes | None:
        """Return a field's value by its lower-case name, None where it is absent, the first where it is repeated."""
        at = self.fields.find(b"\r\n" + name + b":")
        if at < 0:
            return None
        begin = at + len(name) + 3
        end = self.fields.find(b"\r\n", begin)
        return self.fields[begin : end if end >= 0 else len(self.fields)].strip(b" \t")

    def length(self) -> int | None:
        """Return Content-Length, None where there is none. Raises `LostError` for one that is unclear."""
        value = self.get(b"content-length")
        if value is None:
            return None
        if not value.isdigit() or len(value) > 18 or self.fields.count(b"\r\ncontent-length:") > 1:
            raise LostError
        return int(value)

    def chunked(self) -> bool:
        """Whether the body is chunked. Raises `LostError` for a coding or a combination that is unclear."""
        value = self.get(b"transfer-encoding")
        if value is None:
            return False
        # Both framings at once is how requests are smuggled (RFC 9112, section 6.1).
        if value != b"chunked" or b"\r\ncontent-length:" in self.fields:
            raise LostError
        return True


class Message:
    """Cuts one direction of a connection into heads and bodies.

    `head` returns the next head, or None until it is whole; the caller then says how the body is framed with `expect`;
    `body` yields its payload in the pieces as they come and sets `done`. Bytes that were fed and not yet read wait in
    a buffer of at most `HEAD_BYTES` and one read.
    """

    __slots__ = ("_buffer", "_left", "_state", "done")

    def __init__(self) -> None:
        self._buffer = b""
        self._left: int | None = 0
        self._state = "length"
        self.done = True

    def feed(self, data: bytes) -> None:
        """Add what was read."""
        self._buffer = self._buffer + data if self._buffer else data

    @property
    def waiting(self) -> bool:
        """Whether bytes wait to be read."""
        return bool(self._buffer)

    def drop(self) -> None:
        """Forget what waits."""
        self._buffer = b""

    def take(self) -> bytes:
        """Return what waits, unread (after an upgrade)."""
        taken, self._buffer = self._buffer, b""
        return taken

    def head(self) -> Head | None:
        """Return the next message's head, or None until it is whole. Raises `LostError`."""
        while self._buffer.startswith(b"\r\n"):
            self._buffer = self._buffer[2:]  # an empty line before a request is passed over (RFC 9112, section 2.2)
        end = self._buffer.find(_END)
        if end < 0 or end > HEAD_BYTES:
            if len(self._buffer) > HEAD_BYTES or end > HEAD_BYTES:
                raise LostError
            return None
        text = self._buffer[:end]
        self._buffer = self._buffer[end + 4 :]
        breaks = text.count(b"\r\n")
        folded = b"\r\n " in text or b"\r\n\t" in text
        if text.count(b"\n") != breaks or text.count(b"\r") != breaks or folded or b"\0" in text:
            raise LostError
        split = text.find(b"\r\n")
        return Head(text, b"") if split < 0 else Head(text[:split], text[split:].lower())

    def expect(self, length: int | None, *, chunked: bool = False) -> None:
        """Say how the coming body is framed: by `length`, chunked, or (None) by the connection's end."""
        self._state = "size" if chunked else "length"
        self._left = 0 if chunked else length
        self.done = not chunked and length == 0

    def body(self) -> Iterator[bytes]:
        """Yield the body's pieces from what waits, and set `done` at its end. Raises `LostError`."""
        while self._buffer and not self.done:
            if self._state == "length":
                yield self._some()
                self.done = self._left == 0
            elif self._state == "chunk":
                yield self._some()
                if self._left == 0:
                    self._state = "after"
            elif not self._line():
                return

    def skip(self) -> bool:
        """Pass over the body without looking at it; return whether it has ended. Raises `LostError`."""
        for _ in self.body():
            pass
        return self.done

    def _some(self) -> bytes:
        """Take as much of the body as waits."""
        if self._left is None or self._left >= len(self._buffer):
            piece, self._buffer = self._buffer, b""
        else:
            piece, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def _line(self) -> bool:
        """Read one line of the chunked framing; return False until it is whole."""
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _CHUNK_LINE:
                raise LostError
            return False
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        if self._state == "after":
            if line:
                raise LostError
            self._state = "size"
        elif self._state == "trailers":
            self.done = not line
        else:
            size = line.partition(b";")[0].strip(b" \t")
            # int() would also take signs, underscores and spaces.
            if not size or len(size) > 15 or size.strip(b"0123456789abcdefABCDEF"):
                raise LostError
            self._left = int(size, 16)
            self._state = "chunk" if self._left else "trailers"
        return True
