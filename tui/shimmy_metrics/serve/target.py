"""The server's address, and how to connect to it."""

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple


class Target(NamedTuple):
    """A numeric address; for TLS a context, and the name that the certificate must be for."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    name: str | None = None

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
        """Connect a protocol to the server. Raises `OSError`."""
        if self.tls is not None:
            from shimmy_metrics.serve.tls import connect_tls  # most servers are reached without it

            return await connect_tls(self.host, self.port, self.tls, self.name, new_protocol)
        transport, _ = await asyncio.get_running_loop().create_connection(new_protocol, self.host, self.port)
        return transport
