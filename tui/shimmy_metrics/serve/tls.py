"""TLS to an upstream: the event loop's own, but nothing that arrived is lost when the connection breaks."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

from shimmy_metrics.serve.sockets import unread
from shimmy_metrics.system.client_certificate import raise_for_client_certificate, wants_client_certificate

TLS_END_SECONDS: Final = 1.0
"""How long a server may take to end its TLS session after its client has gone; one that goes on sending is cut off."""


async def connect_tls(
    host: str, port: int, context: ssl.SSLContext, name: str | None, new_protocol: Callable[[], asyncio.Protocol]
) -> asyncio.Transport:
    """Connect a protocol over TLS to a server whose certificate must be for `name`. Raises `OSError`.

    A server may refuse this client after that: in TLS 1.3 it judges what it was given once the handshake is over here.
    The protocol learns of that in `connection_lost`, by an `ssl.SSLError`.
    """
    loop = asyncio.get_running_loop()
    context.sslobject_class = _Session
    socket_end, _ = await loop.create_connection(asyncio.Protocol, host, port)
    protocol = new_protocol()
    transport = await loop.start_tls(
        socket_end, protocol, context, server_hostname=name, ssl_shutdown_timeout=TLS_END_SECONDS
    )
    assert transport is not None
    session = cast("asyncio.BufferedProtocol", socket_end.get_protocol())
    socket_end.set_protocol(_Complete(socket_end, session, transport.get_extra_info("ssl_object")))
    protocol.connection_made(transport)
    return transport


def look_for_refusal(host: str, port: int, context: ssl.SSLContext, name: str | None) -> None:
    """Connect once more and say nothing; raise `ssl.SSLError` where the server refuses us for having no certificate.

    It blocks, for at most a second each to connect, to shake hands and to be answered. Raises nothing else.
    """
    try:
        raw = socket.create_connection((host, port), TLS_END_SECONDS)
        with context.wrap_socket(raw, server_hostname=name) as session:
            # Past the session, which would end with it: with nothing unread there, no reset overtakes the refusal.
            with contextlib.suppress(OSError):  # it may be over already
                socket.socket.shutdown(session, socket.SHUT_WR)
            session.recv(1)
    except OSError as error:  # among them what a server may say to a session that breaks off
        if wants_client_certificate(error):
            raise


class _Session(ssl.SSLObject):
    """Keeps the error that ended it: where a write fails before it is read, event loops report the write's alone."""

    error: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            raise_for_client_certificate(error, self)
            raise

    def read(self, *how: Any) -> Any:  # noqa: ANN401 - as the event loop calls it
        try:
            return super().read(*how)
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            self.error = error
            raise


class _Complete(asyncio.BufferedProtocol):
    """Passes a socket's bytes to its TLS session, including what arrived before a write failed."""

    def __init__(self, transport: asyncio.Transport, session: asyncio.BufferedProtocol, tls: _Session) -> None:
        self._transport = transport
        self._session = session
        self._tls = tls

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
        self._session.connection_lost(self._tls.error or exc)

    def _feed(self, data: memoryview) -> None:
        while data:
            room = memoryview(self._session.get_buffer(len(data)))
            size = min(len(room), len(data))
            room[:size] = data[:size]
            self._session.buffer_updated(size)
            data = data[size:]
