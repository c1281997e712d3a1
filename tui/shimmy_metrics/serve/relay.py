"""The relay: one connection to the server for each connection from a client, bytes passed as they come.

Nothing is parsed in order to be forwarded, so nothing can be framed wrongly: keep-alive, pipelining, upgrades,
100-continue and HTTP/2 work without code for them. `ends` passes the bytes of one connection.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from shimmy_metrics.serve.acceptor import Acceptor
from shimmy_metrics.serve.client_limit import ClientLimit
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.ends import ClientEnd, ServerEnd
from shimmy_metrics.serve.interfaces import Server, Tap
from shimmy_metrics.serve.sockets import lacks_descriptors

_RETRY_SECONDS: Final = 0.2
_SHORTAGE_SECONDS: Final = 5.0
"""How often, and for how long at most, connecting to the server is retried while no descriptor is left: clients that
all wait for one another to leave must not wait for ever."""


class Relay:
    """All connections of one server.

    `admits` is called after each connect, before the first byte: a server that has ended gets none. `new_tap` returns
    the tap of a connection that begins now, or None where nothing is measured. `on_connected` is called after each
    connection to the server, `on_unreachable` after each that could not be made, `on_broken` with the error of each
    that broke. Must be used in the loop's thread.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        server: Server,
        connections: Connections,
        *,
        admits: Callable[[], bool] = lambda: True,
        new_tap: Callable[[], Tap | None] = lambda: None,
        on_connected: Callable[[], None] = lambda: None,
        on_unreachable: Callable[[], None] = lambda: None,
        on_broken: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._loop = loop
        self._server = server
        self._connections = connections
        self._admits = admits
        self._new_tap = new_tap
        self._on_connected = on_connected
        self._on_unreachable = on_unreachable
        self._on_broken = on_broken
        self._joining: set[asyncio.Task[None]] = set()
        self._acceptor: Acceptor | None = None

    async def accept(self, listener: socket.socket, limit: ClientLimit | None = None) -> None:
        """Listen on the bound socket and relay every connection from now on. Raises `OSError`."""
        # Set for the listening socket and what it accepts, so that the next start finds the address free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # asyncio sets it only on sockets whose protocol is TCP by name; without it small pieces of a stream wait.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        acceptor = Acceptor(self._loop, listener, limit or ClientLimit(), self._accepted)
        acceptor.start()
        self._acceptor = acceptor

    def refuse(self) -> None:
        """Accept no more clients; open connections go on."""
        if self._acceptor is not None:
            self._acceptor.stop()

    def _accepted(self, connection: socket.socket) -> None:
        client = ClientEnd(self._new_tap, self._on_gone)
        self._connections.add(client)
        joining = self._loop.create_task(self._join(client, connection))
        self._joining.add(joining)  # the loop itself keeps only a weak reference
        joining.add_done_callback(self._joining.discard)

    def _on_gone(self, client: ClientEnd) -> None:
        if client in self._connections:
            self._connections.remove(client)
            if client.server_error is not None:
                self._on_broken(client.server_error)
            if self._acceptor is not None:
                self._acceptor.left()

    async def _join(self, client: ClientEnd, connection: socket.socket) -> None:
        """Connect to the server, then start to read from the client."""
        try:
            await self._connect(client)
        except OSError:  # nobody is there, or a certificate is not valid: the client is turned away
            self._on_unreachable()
        else:
            if self._admits():
                self._on_connected()
            else:
                client.drop_server()
        try:
            await self._loop.connect_accepted_socket(lambda: client, connection)
        except OSError:  # the client has gone
            client.drop_server()
            connection.close()
            self._on_gone(client)

    async def _connect(self, client: ClientEnd) -> None:
        """Connect to the server and pair its end with the client's. Raises `OSError`."""
        end = self._loop.time() + _SHORTAGE_SECONDS
        while True:
            try:
                await self._server.connect(lambda: ServerEnd(client))
                return
            except OSError as error:
                if not lacks_descriptors(error) or self._acceptor is None or self._loop.time() > end:
                    raise
                self._acceptor.short()
            await asyncio.sleep(_RETRY_SECONDS)
