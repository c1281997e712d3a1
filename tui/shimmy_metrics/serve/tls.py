"""TLS to an upstream: the event loop's own, but nothing that arrived is lost when the connection breaks."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast

from shimmy_metrics.serve.sockets import unread

TLS_END_SECONDS: Final = 1.0
"""How long a server may take to end its TLS session after its client has gone; one that goes on sending is cut off."""


async def connect_tls(
    host: str, port: int, context: ssl.SSLContext, name: str | None, new_protocol: Callable[[], asyncio.Protocol]
) -> asyncio.Transport:
    """Connect a protocol over TLS to a server whose certificate must be for `name`. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    socket_end, _ = await loop.create_connection(asyncio.Protocol, host, port)
    protocol = new_protocol()
    transport = await loop.start_tls(
        socket_end, protocol, context, server_hostname=name, ssl_shutdown_timeout=TLS_END_SECONDS
    )
    assert transport is not None
    socket_end.set_protocol(_Complete(socket_end, cast("asyncio.BufferedProtocol", socket_end.get_protocol())))
    protocol.connection_made(transport)
    return transport


class _Complete(asyncio.BufferedProtocol):
    """Passes a socket's bytes to its TLS session, including what arrived before a write failed."""

    def __init__(self, transport: asyncio.Transport, session: asyncio.BufferedProtocol) -> None:
        self._transport = transport
        self._session = session

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self._session.get_buffer(sizehint))

    def buffer_updated(self, nbytes: int) -> None:
        self._session.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        return self._session.eof_received()

    def pause_writing(self) -> None:
        self._session.pause_writing()

    def resume_writing(self) -> None:
        self._session.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            for data in unread(self._transport):
                self._feed(memoryview(data))
        self._session.connection_lost(exc)

    def _feed(self, data: memoryview) -> None:
        while data:
            room = memoryview(self._session.get_buffer(len(data)))
            size = min(len(room), len(data))
            room[:size] = data[:size]
            self._session.buffer_updated(size)
            data = data[size:]
