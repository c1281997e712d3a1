"""Shimmy's `/ws/generate`: a text message (RFC 6455) for each piece of generated text, then `{"done":true}`.

An error is a message too. The server does not escape its reason, so it need not be valid JSON: both are recognised by
their first bytes.
"""

from typing import Final

from shimmy_metrics.meter.head_fields import UnsupportedError
from shimmy_metrics.meter.usage import Usage

_CONTINUATION: Final = 0
_TEXT: Final = 1
_BINARY: Final = 2
_CLOSE: Final = 8
_CONTROLS: Final = (_CLOSE, 9, 10)
_CONTROL_BYTES: Final = 125

_DONE: Final = b'{"done":true}'
_ERROR: Final = b'{"error":'
_FIRST_BYTES: Final = 16
"""How much of a message is kept: a little more than it takes to tell `_DONE` from text that begins like it."""


class Frames:
    """Reads a server's frames; keeps part of one frame's head and the first bytes of one message.

    `over`: the last message or the server's close has come, so nothing can be cut short any more.
    """

    __slots__ = ("_buffer", "_closed", "_final", "_first", "_left", "_message", "_opcode", "_usage", "over")

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._buffer = b""
        self._opcode = self._left = 0
        self._final = True
        self._message = _CONTINUATION  # the opcode of the message that is under way; this one where none is
        self._first = b""
        self._closed = self.over = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises `UnsupportedError` where they are no frame of a server."""
        buffer, at = self._buffer + piece, 0
        while not self._closed:
            if not self._left:
                begin = self._head(buffer, at)
                if begin == at:
                    break
                at = begin
            taken = min(self._left, len(buffer) - at)
            if self._opcode < _CLOSE and len(self._first) < _FIRST_BYTES:
                self._first += buffer[at : at + min(taken, _FIRST_BYTES)]
            at += taken
            self._left -= taken
            if self._left:
                break
            if self._final:
                self._end()
        self._buffer = b"" if self._closed else buffer[at:]

    def finish(self, last: bytes = b"") -> None:
        """Take the last bytes and discard an incomplete message."""
        self.feed(last)
        self._buffer = self._first = b""

    def _head(self, buffer: bytes, at: int) -> int:
        """Read a frame's head; return where its payload begins, or `at` while the head is incomplete."""
        if len(buffer) - at < 2:
            return at
        first, length = buffer[at], buffer[at + 1]
        begin = at + (2 if length < 126 else 4 if length == 126 else 10)
        # Without an extension these bits are zero, and a server does not mask (section 5.2).
        if first & 0x70 or length & 0x80:
            raise UnsupportedError
        if len(buffer) < begin:
            return at
        if length >= 126:
            length = int.from_bytes(buffer[at + 2 : begin], "big")
        self._opcode, self._final, self._left = first & 0x0F, first >= 0x80, length
        if self._opcode in _CONTROLS:
            lawful = self._final and length <= _CONTROL_BYTES
        elif self._opcode == _CONTINUATION:
            lawful = self._message != _CONTINUATION
        else:
            lawful = self._opcode in (_TEXT, _BINARY) and self._message == _CONTINUATION
            self._message, self._first = self._opcode, b""
        if not lawful or length >> 63:
            raise UnsupportedError
        return begin

    def _end(self) -> None:
        """Handle the end of a control frame or of a whole message."""
        if self._opcode >= _CLOSE:
            self._closed = self._opcode == _CLOSE
            self.over |= self._closed
            return
        self._usage.understood = True
        if self._message == _TEXT:
            if self._first.startswith(_ERROR):
                self._usage.failed = True
            elif self._first == _DONE:
                self.over = True
            else:
                self._usage.piece(streamed=True)
        self._message, self._first = _CONTINUATION, b""
