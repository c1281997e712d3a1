"""Accepts clients, as many at a time as fit. The others wait in the kernel's backlog, and none is reset."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from shimmy_metrics.serve.client_limit import ClientLimit
from shimmy_metrics.serve.sockets import lacks_descriptors

BACKLOG: Final = 1_024
"""Clients that may wait to be accepted: as many as in front of Shimmy itself (tokio's default)."""

REPORT_EVERY_SECONDS: Final = 60.0
"""How often, at most, it is reported that clients wait."""

_ACCEPTED_PER_TURN: Final = 64
"""Clients accepted in one turn of the loop, so that connected ones get their turn as well."""

_RETRY_SECONDS: Final = 0.5
"""How long after descriptors ran out accepting is retried, if no client leaves before."""


class Acceptor:
    """Accepts clients on a listening socket and calls `on_accepted` with each.

    `left` must be called for each that leaves.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listener: socket.socket,
        limit: ClientLimit,
        on_accepted: Callable[[socket.socket], None],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._limit = limit
        self._on_accepted = on_accepted
        self._inside = 0
        self._watching = False
        self._open = True
        self._reported_at: float | None = None
        self._accepting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen. Raises `OSError`."""
        self._listener.listen(BACKLOG)
        self._listener.settimeout(0)
        self._watch()

    def stop(self) -> None:
        """Stop listening; clients that still wait are refused."""
        self._open = False
        self._pause()
        if self._accepting is not None:
            self._accepting.cancel()
        self._listener.close()

    def left(self) -> None:
        """Count a client out: both its connections are closed."""
        self._inside -= 1
        self._watch()

    def short(self) -> None:
        """Accept nobody for a moment: no descriptor is left for a connection."""
        self._pause()
        self._report()
        self._loop.call_later(_RETRY_SECONDS, self._watch)

    def _watch(self) -> None:
        if self._watching or not self._open:
            return
        self._watching = True
        try:
            self._loop.add_reader(self._listener.fileno(), self._ready)
        except NotImplementedError:  # on Windows, which has no such limit of open files either
            self._accepting = self._loop.create_task(self._accept_each())

    def _pause(self) -> None:
        if self._watching and self._accepting is None:
            self._loop.remove_reader(self._listener.fileno())
            self._watching = False

    def _ready(self) -> None:
        """Accept waiting clients. The loop calls this again while there are any."""
        if self._inside >= self._limit.clients:
            self._pause()
            self._report()
            return
        for _ in range(min(_ACCEPTED_PER_TURN, self._limit.clients - self._inside)):
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if lacks_descriptors(error):
                    self.short()
                # Nobody is waiting any more, or the client has gone (accept(2)).
                return
            self._enter(connection)

    async def _accept_each(self) -> None:
        while True:
            try:
                connection, _ = await self._loop.sock_accept(self._listener)
            except OSError:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._enter(connection)

    def _enter(self, connection: socket.socket) -> None:
        self._inside += 1
        connection.settimeout(0)
        self._on_accepted(connection)

    def _report(self) -> None:
        now = self._loop.time()
        if self._reported_at is None or now - self._reported_at >= REPORT_EVERY_SECONDS:
            self._reported_at = now
            self._limit.on_met()
