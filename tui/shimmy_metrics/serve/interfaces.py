"""What the relay needs of a server and of the meter."""

import asyncio
from collections.abc import Callable
from typing import Protocol


class Server(Protocol):
    """Where the bytes go: a `Target`, or a `Route` to one by name."""

    @property
    def host(self) -> str:
        """The numeric address that new connections go to now."""

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol], /) -> asyncio.Transport:
        """Connect a protocol to the server. Raises `OSError`."""


class Tap(Protocol):
    """Reads a copy of one connection's bytes, as `meter.tap.Tap` does. It never raises."""

    @property
    def disabled(self) -> bool:
        """Whether it no longer reads anything."""

    @property
    def answer_due(self) -> bool:
        """Whether the client has sent a whole request whose answer is not complete."""

    def client_bytes(self, data: bytes, /) -> None:
        """Read what the client sent."""

    def server_bytes(self, data: bytes, /) -> None:
        """Read what the server sent."""

    def closed(self, *, by_server: bool, reset: bool) -> None:
        """Learn that nothing more comes, which side ended the connection, and whether it was a reset."""
