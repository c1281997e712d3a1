"""What a connection's socket is asked for: to be reset, what it holds unread, whether it failed for want of room."""

import asyncio
import contextlib
import errno
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Final

_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset (socket(7))."""

_SHORTAGE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_READ_BYTES: Final = 262_144

_DELIVERY_SECONDS: Final = 10.0
_CHECK_SECONDS: Final = 0.01
"""How long a slow client may take to receive the rest of a broken answer, and how often that is checked."""


def reset(transport: asyncio.Transport) -> None:
    """Close with a reset. What is not yet sent is dropped."""
    found = transport.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.close()


def reset_when_sent(transport: asyncio.Transport, end: float | None = None) -> None:
    """Close with a reset once the other side has received everything written, or at `end` (the loop's time)."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _DELIVERY_SECONDS if end is None else end
    if transport.is_closing():
        return
    if loop.time() < end and (transport.get_write_buffer_size() or _unsent(transport)):
        transport.pause_reading()
        loop.call_later(_CHECK_SECONDS, reset_when_sent, transport, end)
    else:
        reset(transport)


def _unsent(transport: asyncio.Transport) -> int:
    """Return how many bytes the kernel has not delivered yet, which a reset would drop; 0 if it cannot tell."""
    if sys.platform == "linux":
        import fcntl
        import termios

        found = transport.get_extra_info("socket")
        with contextlib.suppress(OSError, ValueError):  # ValueError: already closed
            return int.from_bytes(fcntl.ioctl(found.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return 0


def unread(transport: asyncio.Transport) -> Iterator[bytes]:
    """Yield what arrived before a connection broke and was never read.

    Must be called in `connection_lost`, before the event loop closes the socket. After a reset nothing more arrives,
    and the kernel keeps what came before it, so this is all there is. Yields nothing over TLS, where only the TLS
    session can read it (`serve.tls`).
    """
    found = transport.get_extra_info("socket")
    if found is None or transport.get_extra_info("sslcontext") is not None:
        return
    with contextlib.suppress(OSError, ValueError):  # ValueError: already closed
        borrowed = socket.socket(fileno=found.fileno())
        try:
            while data := borrowed.recv(_READ_BYTES):
                yield data
        finally:
            borrowed.detach()


def lacks_descriptors(error: OSError) -> bool:
    """Whether this process or machine ran out of descriptors or memory for a connection: not the other side's fault."""
    return error.errno in _SHORTAGE
