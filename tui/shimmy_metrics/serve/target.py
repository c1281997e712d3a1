"""Where the bytes go: the server's address, and how to connect there."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

TLS_END_SECONDS: Final = 1.0
"""How long a server may take to end its TLS session after its client has gone; one that still speaks is cut off."""


@dataclass(frozen=True, slots=True)
class Target:
    """A numeric address, and for TLS a context with the name that the certificate must bear."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    name: str | None = None

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
        """Connect a protocol with the server. Raises `OSError`."""
        transport, _ = await asyncio.get_running_loop().create_connection(
            new_protocol,
            self.host,
            self.port,
            ssl=self.tls,
            server_hostname=self.name,
            ssl_shutdown_timeout=TLS_END_SECONDS if self.tls else None,
        )
        return transport
