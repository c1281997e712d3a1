"""Accepting clients, as many at a time as fit. The others wait where the kernel keeps them, and none is reset."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from shimmy_metrics.serve.breaking import lacks_descriptors
from shimmy_metrics.serve.client_limit import ClientLimit

BACKLOG: Final = 1_024
"""Clients that may wait to be accepted: as many as tokio lets wait before Shimmy."""

TOLD_EVERY_SECONDS: Final = 60.0
"""How often at most it is told that clients wait."""

_AT_ONCE: Final = 64
"""Clients that are accepted in one turn of the loop; those that are connected have theirs as well."""

_AGAIN_SECONDS: Final = 0.5
"""How long after nothing was left to make a connection of it is tried again, if no client has left before."""


class Acceptor:
    """Accepts clients on a listening socket and gives each to `accepted`; `left` must be called for each that left."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listener: socket.socket,
        limit: ClientLimit,
        accepted: Callable[[socket.socket], None],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._limit = limit
        self._accepted = accepted
        self._inside = 0
        self._watching = False
        self._open = True
        self._told_at: float | None = None
        self._taking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen. Raises `OSError`."""
        self._listener.listen(BACKLOG)
        self._listener.settimeout(0)
        self._watch()

    def stop(self) -> None:
        """Listen no more; who still waits is refused."""
        self._open = False
        self._pause()
        if self._taking is not None:
            self._taking.cancel()
        self._listener.close()

    def left(self) -> None:
        """Know that a client has left, and both its connections with it."""
        self._inside -= 1
        self._watch()

    def short(self) -> None:
        """Accept nobody for a moment: nothing is left to make a connection of."""
        self._pause()
        self._tell()
        self._loop.call_later(_AGAIN_SECONDS, self._watch)

    def _watch(self) -> None:
        if self._watching or not self._open:
            return
        self._watching = True
        try:
            self._loop.add_reader(self._listener.fileno(), self._ready)
        except NotImplementedError:  # on Windows, where no limit of open files is met either
            self._taking = self._loop.create_task(self._take())

    def _pause(self) -> None:
        if self._watching and self._taking is None:
            self._loop.remove_reader(self._listener.fileno())
            self._watching = False

    def _ready(self) -> None:
        """Let in who waits. Called as long as somebody does."""
        if self._inside >= self._limit.clients:
            self._pause()
            self._tell()
            return
        for _ in range(min(_AT_ONCE, self._limit.clients - self._inside)):
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if lacks_descriptors(error):
                    self.short()
                # Nobody waits any more, or who did has gone (accept(2)).
                return
            self._enter(connection)

    async def _take(self) -> None:
        while True:
            try:
                connection, _ = await self._loop.sock_accept(self._listener)
            except OSError:
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                self._enter(connection)

    def _enter(self, connection: socket.socket) -> None:
        self._inside += 1
        connection.settimeout(0)
        self._accepted(connection)

    def _tell(self) -> None:
        now = self._loop.time()
        if self._told_at is None or now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            self._limit.met()
