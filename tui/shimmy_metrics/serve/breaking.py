"""Connections that break off: how to break one off, and what had arrived on one before it broke."""

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Iterator
from typing import Final

_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset (socket(7))."""

_SHORTAGE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_READ_BYTES: Final = 262_144


def reset(transport: asyncio.Transport) -> None:
    """Close with a reset, once what was already given to it is written."""
    found = transport.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.close()


def unread(transport: asyncio.Transport) -> Iterator[bytes]:
    """Yield what arrived before a connection broke off and was never read.

    Must be called in `connection_lost`, before the event loop closes the socket. After a reset nothing more arrives,
    and the kernel keeps what came before it: this is all there is. Behind TLS only the TLS session can read it
    (`serve.tls`): nothing is yielded.
    """
    found = transport.get_extra_info("socket")
    if found is None or transport.get_extra_info("sslcontext") is not None:
        return
    with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed already
        borrowed = socket.socket(fileno=found.fileno())
        try:
            while data := borrowed.recv(_READ_BYTES):
                yield data
        finally:
            borrowed.detach()


def lacks_descriptors(error: OSError) -> bool:
    """Whether this process or this machine had nothing left to make a connection of: the other side is not to blame."""
    return error.errno in _SHORTAGE
