"""WebSocket frames as a server sends them (RFC 6455, section 5.2): text frames are pieces of generated content."""

from typing import Final

import orjson

from shimmy_metrics.meter.http1 import LostError
from shimmy_metrics.meter.tally import Tally

_TEXT, _CONTINUATION = 1, 0
_CONTROL: Final = 8
_READ_BYTES: Final = 4_096
"""A message is looked into up to this length, to tell its end mark and its errors from content."""


class Frames:
    """Reads a server's frames; keeps one head and at most `_READ_BYTES` of a message."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._buffer = b""
        self._left = 0
        self._opcode = _CONTINUATION
        self._final = True
        self._text = False
        self._message = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises `LostError` for what is no frame of a server."""
        self._buffer += data
        while self._buffer:
            if self._left == 0 and not self._head():
                return
            self._payload()

    def _head(self) -> bool:
        """Read a frame's head; return False until it is whole."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        self._final, self._opcode = bool(buffer[0] & 0x80), buffer[0] & 0x0F
        length, size = buffer[1] & 0x7F, 2
        if buffer[1] & 0x80:
            raise LostError  # a server does not mask (section 5.1)
        if length >= 126:
            size = 4 if length == 126 else 10
            if len(buffer) < size:
                return False
            length = int.from_bytes(buffer[2:size], "big")
        self._buffer = buffer[size:]
        self._left = length
        if self._opcode == _TEXT:
            self._text, self._message = True, b""
        elif self._opcode not in (_CONTINUATION,) and self._opcode < _CONTROL:
            self._text = False
        if length == 0:
            self._end_of_frame()
        return True

    def _payload(self) -> None:
        piece, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        if not piece:
            return
        self._left -= len(piece)
        if self._text and self._opcode < _CONTROL and len(self._message) < _READ_BYTES:
            self._message += piece[:_READ_BYTES]
        if self._left == 0:
            self._end_of_frame()

    def _end_of_frame(self) -> None:
        if self._opcode >= _CONTROL or not (self._final and self._text):
            return
        message, self._message, self._text = self._message, b"", False
        told = None
        if message.startswith(b"{"):
            try:
                told = orjson.loads(message)
            except orjson.JSONDecodeError:
                told = None
        if isinstance(told, dict) and told.get("error"):
            self._tally.failed = True
        elif message and not (isinstance(told, dict) and told.get("done") is True):
            self._tally.piece(streamed=True)
