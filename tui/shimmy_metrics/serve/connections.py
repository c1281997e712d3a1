"""The open connections of a relay: measured, measured no longer, counted as they stand, waited for."""

import asyncio
from collections.abc import Iterator

from shimmy_metrics.serve.ends import ClientEnd


class Connections:
    """The clients that are connected now, each with its connection to the server. Must be used in the loop's thread."""

    def __init__(self) -> None:
        self._clients: set[ClientEnd] = set()

    def __iter__(self) -> Iterator[ClientEnd]:
        return iter(self._clients)

    def __len__(self) -> int:
        return len(self._clients)

    def __contains__(self, client: ClientEnd) -> bool:
        return client in self._clients

    def add(self, client: ClientEnd) -> None:
        """Add a client that was accepted."""
        self._clients.add(client)

    def remove(self, client: ClientEnd) -> None:
        """Remove a client that has left. Raises `KeyError` for one that is not here."""
        self._clients.remove(client)

    def measure(self) -> None:
        """Measure each connection from its next request on."""
        for client in self._clients:
            client.counting.begin_at_next()

    def stop_measuring(self) -> None:
        """Stop measuring; the bytes still pass."""
        for client in self._clients:
            client.counting.stop()

    def count_unfinished(self, *, by_server: bool) -> None:
        """Count the exchanges under way as they stand, and nothing after them."""
        for client in self._clients:
            client.counting.ends(by_server=by_server)
            client.counting.end()

    async def drained(self, seconds: float) -> None:
        """Wait, for at most `seconds`, until every connection has ended by itself and all that arrived is written."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._clients and loop.time() < end:  # noqa: ASYNC110 - a few turns at the very end
            await asyncio.sleep(0.001)
