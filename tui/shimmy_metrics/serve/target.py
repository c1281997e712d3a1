"""Where the bytes go: the server's address, and how to connect there."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A numeric address, and for TLS a context with the name that the certificate must bear."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    name: str | None = None

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
        """Connect a protocol with the server. Raises `OSError`."""
        if self.tls is not None:
            from shimmy_metrics.serve.tls import connect_tls  # most servers are spoken to without it

            return await connect_tls(self.host, self.port, self.tls, self.name, new_protocol)
        transport, _ = await asyncio.get_running_loop().create_connection(new_protocol, self.host, self.port)
        return transport
