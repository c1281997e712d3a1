"""Messages on a stream of bytes, each behind its length: how the receiver and the process that writes talk."""

import socket
import struct
from collections.abc import Iterator
from typing import Final

_LENGTH: Final = struct.Struct("!I")


def framed(message: bytes) -> bytes:
    """Return a message as it goes over the stream."""
    return _LENGTH.pack(len(message)) + message


class FrameBuffer:
    """Splits what arrives, however it was cut, into messages."""

    def __init__(self) -> None:
        self._read = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each message that is complete with these bytes."""
        self._read += data
        while len(self._read) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._read)[0]
            if len(self._read) < end:
                return
            message = bytes(self._read[_LENGTH.size : end])
            del self._read[:end]
            yield message


def receive_frame(connection: socket.socket) -> bytes:
    """Return the next message, and read no byte behind it. Raise `EOFError` where the peer has ended, or `OSError`."""
    return _receive(connection, _LENGTH.unpack(_receive(connection, _LENGTH.size))[0])


def _receive(connection: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = connection.recv(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
