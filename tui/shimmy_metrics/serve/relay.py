"""Bytes between clients and the server, as they come: one connection there for each connection here.

Nothing is parsed to be forwarded, so nothing can be framed wrongly: keep-alive, pipelining, upgrades, 100-continue and
HTTP/2 pass by themselves. A slow reader slows the writer and nothing is piled up; the end of one direction and a reset
are passed on as what they are. Counting is behind the forward: first the write, then the tap, in the same callback.
"""

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Final, Protocol, cast

from shimmy_metrics.serve.breaking import reset, unread

BACKLOG: Final = 1_024
"""Clients that may wait to be accepted: as many as tokio lets wait before Shimmy."""

_REQUEST_LINE: Final = re.compile(rb"[A-Z]{3,10} /[^ \r\n]* HTTP/1\.[01]\r\n")


class Tap(Protocol):
    """What reads a copy of one connection's bytes; meter.tap is one. It never raises."""

    def client_bytes(self, data: bytes, /) -> None:
        """Look at what the client sent."""

    def server_bytes(self, data: bytes, /) -> None:
        """Look at what the server sent."""

    def closed(self, *, by_server: bool) -> None:
        """Know that nothing more comes, and which side ended it."""


class Server(Protocol):
    """Where the bytes go: `Target`, or a `Route` by name."""

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken there."""

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol], /) -> asyncio.Transport:
        """Connect a protocol with the server. Raises `OSError`."""


class Relay:
    """All connections of one server.

    `admits` is asked after each connect, before the first byte: a server that has ended gets none. `new_tap` gives the
    tap for a connection that begins now, or None where nothing is measured. Must be used in the loop's thread.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        server: Server,
        *,
        admits: Callable[[], bool] = lambda: True,
        new_tap: Callable[[], Tap | None] = lambda: None,
    ) -> None:
        self.loop = loop
        self.server = server
        self.admits = admits
        self.new_tap = new_tap
        self.clients: set[ClientEnd] = set()
        self._server: asyncio.Server | None = None

    async def accept(self, listener: socket.socket) -> None:
        """Listen on the bound socket and carry every connection from now on. Raises `OSError`."""
        # Set for the listening socket and what it accepts, so that the next start finds the address free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server = await self.loop.create_server(lambda: ClientEnd(self), sock=listener, backlog=BACKLOG)

    def refuse(self) -> None:
        """Accept no more; connections that are open go on."""
        if self._server is not None:
            self._server.close()

    async def drained(self, seconds: float) -> None:
        """Wait until the open connections have ended by themselves and what came is written; at most so long."""
        end = self.loop.time() + seconds
        while self.clients and self.loop.time() < end:  # noqa: ASYNC110 - a few turns at the very end
            await asyncio.sleep(0.001)

    def count_open(self, *, by_server: bool) -> None:
        """Count what is under way on the open connections as it stands, and nothing after it."""
        for client in self.clients:
            client.counted(by_server=by_server)

    def measure_open(self) -> None:
        """Measure the connections that are open: each from its next request on."""
        for client in self.clients:
            client.measure_next()

    def measure_none(self) -> None:
        """Stop measuring the connections that are open; their bytes go on."""
        for client in self.clients:
            client.unmeasured()


class End(asyncio.Protocol):
    """One socket of a pair: what arrives here is written to the other end, and then counted."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.peer: End | None = None
        self.finished = False
        self.write: Callable[[bytes], None]
        self.count: Callable[[bytes], None] | None = None

    def data_received(self, data: bytes) -> None:
        """Forward, then count."""
        self.write(data)
        if self.count is not None:
            self.count(data)

    def pause_writing(self) -> None:
        """Stop reading at the other end while this one's reader is slow."""
        other = self._other()
        if other is not None:
            other.pause_reading()

    def resume_writing(self) -> None:
        """Read on at the other end."""
        other = self._other()
        if other is not None:
            other.resume_reading()

    def eof_received(self) -> bool:
        """Pass the end of this direction on; the other direction goes on until its own end."""
        self.finished = True
        other = self._other()
        if other is None or self.transport is None:
            return False
        if self.peer is not None and self.peer.finished:
            other.close()
            self.transport.close()
        elif other.can_write_eof():
            other.write_eof()
        else:
            other.close()
        return self.transport.can_write_eof()  # TLS knows no end of one direction: it ends whole

    def take_rest(self) -> None:
        """Pass on what came before the connection broke off: after a write that failed, event loops read no more.

        A server may answer before it has read the whole request, and close: the answer is here then, and unread.
        """
        if self.transport is not None and self._other() is not None:
            for data in unread(self.transport):
                self.data_received(data)

    def end(self, error: Exception | None) -> None:
        """Pass the end of the whole connection on: a reset as a reset, once what came before it is written."""
        other = self._other()
        if other is None:
            return
        if error is not None:
            reset(other)
        else:
            other.close()

    def _other(self) -> asyncio.Transport | None:
        """Return the other end's transport while it is open."""
        other = self.peer.transport if self.peer is not None else None
        return other if other is not None and not other.is_closing() else None


class ClientEnd(End):
    """The client's socket. Nothing is read from it until the server's is there."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self.relay = relay
        self._tap: Tap | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._early = b""
        self.write = self._hold

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to the server."""
        # Not by isinstance: uvloop's transports have the methods and not the class.
        self.transport = cast("asyncio.Transport", transport)
        self.transport.pause_reading()
        self.relay.clients.add(self)
        self._connecting = self.relay.loop.create_task(self._connect())

    def connection_lost(self, exc: Exception | None) -> None:
        """End the server's connection as this one ended."""
        self.relay.clients.discard(self)
        if exc is not None:
            self.take_rest()
        self.counted(by_server=False)
        self.end(exc)

    def joined(self, server: "ServerEnd") -> None:
        """Begin to carry: the server's end is there."""
        assert self.transport is not None
        assert server.transport is not None
        self.peer = server
        self.write = server.transport.write
        server.write = self.transport.write
        tap = self.relay.new_tap()
        if tap is not None:
            self._measure(tap)
        if self.transport.is_closing():
            server.transport.close()
            return
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)
        if self.finished:
            self.eof_received()
        self.transport.resume_reading()

    def eof_received(self) -> bool:
        """Pass it on, once there is somebody to pass it on to."""
        if self.peer is None:
            self.finished = True
            return True
        return super().eof_received()

    def _hold(self, data: bytes) -> None:
        """Keep what uvloop reads although reading is paused: it starts to read right after `connection_made`."""
        self._early += data
        if self.transport is not None:
            self.transport.pause_reading()

    def counted(self, *, by_server: bool) -> None:
        """Tell the tap, once, that nothing more comes that could be counted."""
        if self._tap is not None:
            self._tap.closed(by_server=by_server)
        self.unmeasured()

    def measure_next(self) -> None:
        """Measure from the next request on; a connection that is measured already stays as it is."""
        if self._tap is None:
            self.count = self._begin

    def unmeasured(self) -> None:
        """Count nothing more."""
        self._tap = self.count = None
        if self.peer is not None:
            self.peer.count = None

    def _measure(self, tap: Tap) -> None:
        self._tap = tap
        self.count = tap.client_bytes
        if self.peer is not None:
            self.peer.count = tap.server_bytes

    def _begin(self, data: bytes) -> None:
        if _REQUEST_LINE.match(data):
            tap = self.relay.new_tap()
            if tap is not None:
                self._measure(tap)
                tap.client_bytes(data)

    async def _connect(self) -> None:
        assert self.transport is not None
        try:
            await self.relay.server.connect(lambda: ServerEnd(self))
        except OSError:
            # Nobody there, no descriptor left, a certificate that does not hold: to the client its connection failed.
            reset(self.transport)


class ServerEnd(End):
    """The server's socket."""

    def __init__(self, client: ClientEnd) -> None:
        super().__init__()
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the client, unless the server has ended: then somebody else may be listening there."""
        self.transport = cast("asyncio.Transport", transport)
        if not self._client.relay.admits():
            self.transport.abort()
            if self._client.transport is not None:
                reset(self._client.transport)
            return
        self.peer = self._client
        self._client.joined(self)

    def eof_received(self) -> bool:
        """Pass it on. An answer that is as long as its connection is complete now."""
        self._client.counted(by_server=not self._client.finished)
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the client's connection as this one ended."""
        if exc is not None:
            self.take_rest()
        self._client.counted(by_server=not self._client.finished)
        self.end(exc)
