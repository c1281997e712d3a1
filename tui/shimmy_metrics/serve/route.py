"""The way to an upstream that is known by name, whose address may change while the proxy runs."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

from shimmy_metrics.serve.lookup import look_up
from shimmy_metrics.serve.sockets import lacks_descriptors
from shimmy_metrics.serve.target import Target

LOOK_UP_EVERY_SECONDS: Final = 30.0
WAIT_SECONDS: Final = 1.0
"""How long a client whose connection failed waits for a look-up of the server's name."""


class Route:
    """Connects to the address that a host has now.

    `target` is the address in use: it is kept as long as it works and belongs to the name. When connecting fails, the
    name is looked up and its other addresses are tried for the same client; a failed look-up changes nothing.
    """

    def __init__(self, host: str, target: Target, addresses: Sequence[str]) -> None:
        self.target = target
        self._host = host
        self._addresses = list(addresses)
        self._looking: asyncio.Task[None] | None = None

    @property
    def host(self) -> str:
        """The numeric address in use."""
        return self.target.host

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
        """Connect a protocol to the server. Raises `OSError`."""
        tried = self.target
        try:
            return await tried.connect(new_protocol)
        except OSError as error:
            if _is_numeric(self._host) or lacks_descriptors(error):
                raise
            failed = error
        await self._look_up(WAIT_SECONDS)
        for address in dict.fromkeys((self.target.host, *self._addresses)):
            if address == tried.host:
                continue
            target = tried._replace(host=address)
            with contextlib.suppress(OSError):
                transport = await target.connect(new_protocol)
                self._use(address)
                return transport
        raise failed

    async def follow(self) -> None:
        """Look the name up every 30 s; connections never wait for that."""
        while not _is_numeric(self._host):
            await asyncio.sleep(LOOK_UP_EVERY_SECONDS)
            await self._look_up(None)

    async def _look_up(self, seconds: float | None) -> None:
        """Look the name up, once for all that ask meanwhile; wait for at most `seconds`."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._found())
        await asyncio.wait([self._looking], timeout=seconds)

    async def _found(self) -> None:
        with contextlib.suppress(OSError):
            self._addresses = await look_up(self._host, self.target.port)
            if self.target.host not in self._addresses:
                self._use(self._addresses[0])

    def _use(self, address: str) -> None:
        self.target = self.target._replace(host=address)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
