"""Bytes between clients and the server, as they come: one connection there for each connection here.

Nothing is parsed to be forwarded, so nothing can be framed wrongly: keep-alive, pipelining, upgrades, 100-continue and
HTTP/2 pass by themselves. How the bytes of one connection pass is in `ends`.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from shimmy_metrics.meter.tap import Tap as Reader
from shimmy_metrics.serve.acceptor import Acceptor
from shimmy_metrics.serve.breaking import lacks_descriptors
from shimmy_metrics.serve.client_limit import ClientLimit
from shimmy_metrics.serve.ends import ClientEnd, ServerEnd
from shimmy_metrics.serve.interfaces import Server, Tap

_AGAIN_SECONDS: Final = 0.2
_SHORT_SECONDS: Final = 5.0
"""Where nothing is left for a connection to the server, how often it is tried again and for how long at most: clients
that all wait for one another to leave must not wait for ever."""


class Relay:
    """All connections of one server.

    `admits` is asked after each connect, before the first byte: a server that has ended gets none. `new_tap` gives the
    tap for a connection that begins now, or None where nothing is measured. `on_connected` is told of each connection
    with the server, `on_unreachable` of each that could not be made. Must be used in the loop's thread.
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
        self.on_connected: Callable[[], None] = lambda: None
        self.on_unreachable: Callable[[], None] = lambda: None
        self.clients: set[ClientEnd] = set()
        self._joining: set[asyncio.Task[None]] = set()
        self._acceptor: Acceptor | None = None

    async def accept(self, listener: socket.socket, limit: ClientLimit | None = None) -> None:
        """Listen on the bound socket and carry every connection from now on. Raises `OSError`."""
        # Set for the listening socket and what it accepts, so that the next start finds the address free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # asyncio sets it only where the listening socket was made for TCP by name: a piece of a stream would wait.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        acceptor = Acceptor(self.loop, listener, limit or ClientLimit(), self._accepted)
        acceptor.start()
        self._acceptor = acceptor

    def refuse(self) -> None:
        """Accept no more; connections that are open go on."""
        if self._acceptor is not None:
            self._acceptor.stop()

    async def drained(self, seconds: float) -> None:
        """Wait until the open connections have ended by themselves and what came is written; at most so long."""
        end = self.loop.time() + seconds
        while self.clients and self.loop.time() < end:  # noqa: ASYNC110 - a few turns at the very end
            await asyncio.sleep(0.001)

    def count_open(self, *, by_server: bool) -> None:
        """Count what is under way on the open connections as it stands, and nothing after it."""
        for client in self.clients:
            client.counting.ends(by_server=by_server)
            client.counting.end()

    def measure_open(self) -> None:
        """Measure the connections that are open: each from its next request on."""
        for client in self.clients:
            client.counting.begin_at_next()

    def measure_none(self) -> None:
        """Stop measuring the connections that are open; their bytes go on."""
        for client in self.clients:
            client.counting.stop()

    def silent_tap(self) -> Tap:
        """Return what reads a connection without measuring it."""
        return Reader(lambda _: None, lambda _: b"", self.loop.time, str)

    def gone(self, client: ClientEnd) -> None:
        """Know that a client has left, and both connections with it."""
        if client in self.clients:
            self.clients.remove(client)
            if self._acceptor is not None:
                self._acceptor.left()

    def _accepted(self, connection: socket.socket) -> None:
        client = ClientEnd(self)
        self.clients.add(client)
        joining = self.loop.create_task(self._join(client, connection))
        self._joining.add(joining)  # the loop itself keeps no more than a weak reference
        joining.add_done_callback(self._joining.discard)

    async def _join(self, client: ClientEnd, connection: socket.socket) -> None:
        """Connect with the server, then begin to read from the client."""
        try:
            server = await self._connect(client)
        except OSError:  # nobody is there, or a certificate does not hold: the client is turned away
            self.on_unreachable()
        else:
            if self.admits():
                self.on_connected()
            else:
                client.peer = None
                server.abort()
        try:
            await self.loop.connect_accepted_socket(lambda: client, connection)
        except OSError:  # the client has gone
            if client.peer is not None and client.peer.transport is not None:
                client.peer.transport.abort()
            connection.close()
            self.gone(client)

    async def _connect(self, client: ClientEnd) -> asyncio.Transport:
        end = self.loop.time() + _SHORT_SECONDS
        while True:
            try:
                return await self.server.connect(lambda: ServerEnd(client))
            except OSError as error:
                if not lacks_descriptors(error) or self._acceptor is None or self.loop.time() > end:
                    raise
                self._acceptor.short()
            await asyncio.sleep(_AGAIN_SECONDS)
