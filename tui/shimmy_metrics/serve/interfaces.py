"""What the parts of the relay need of one another and of the meter."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shimmy_metrics.serve.ends import ClientEnd


class Server(Protocol):
    """Where the bytes go: `Target`, or a `Route` by name."""

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol], /) -> asyncio.Transport:
        """Connect a protocol with the server. Raises `OSError`."""


class Tap(Protocol):
    """What reads a copy of one connection's bytes; meter.tap is one. It never raises."""

    @property
    def disabled(self) -> bool:
        """Whether nothing is read any more."""

    @property
    def answer_due(self) -> bool:
        """Whether the client has asked to the end, and has not been answered to the end."""

    def client_bytes(self, data: bytes, /) -> None:
        """Look at what the client sent."""

    def server_bytes(self, data: bytes, /) -> None:
        """Look at what the server sent."""

    def closed(self, *, by_server: bool, reset: bool) -> None:
        """Know that nothing more comes, which side ended it, and whether it broke off."""


class Carrier(Protocol):
    """What the ends need of the relay to which they belong."""

    loop: asyncio.AbstractEventLoop
    new_tap: Callable[[], Tap | None]
    """Gives what measures a connection that begins now, or None."""

    def silent_tap(self) -> Tap:
        """Return what reads a connection without measuring it."""

    def gone(self, client: "ClientEnd", /) -> None:
        """Know that a client has left, and both connections with it."""
