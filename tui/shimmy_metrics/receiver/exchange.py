"""One request on a connection, until it is answered."""

import asyncio
from collections.abc import Callable, Mapping


class Exchange:
    """A request whose head has come, as `handler.Request` describes it.

    `keeps` says whether the connection is kept behind its answer. `demand` is called where the body has not come whole
    when it is asked for.
    """

    __slots__ = (
        *("method", "target", "headers", "peer", "keeps", "complete", "answered"),
        *("_demand", "_parts", "_gone", "_waiting"),
    )

    def __init__(
        self,
        method: str,
        target: str,
        headers: Mapping[bytes, bytes],
        peer: str,
        *,
        keeps: bool,
        demand: Callable[["Exchange"], None],
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.peer = peer
        self.keeps = keeps
        self.complete = False
        """Whether the whole request has come."""
        self.answered = False
        self._demand = demand
        self._parts: list[bytes] = []
        self._gone = False
        self._waiting: asyncio.Future[None] | None = None

    async def body(self) -> bytes | None:
        """Return the whole body, once it has come; None where the sender has left."""
        if not (self.complete or self._gone):
            self._demand(self)
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return b"".join(self._parts) if self.complete else None

    def add(self, part: bytes) -> None:
        """Take a part of the body."""
        self._parts.append(part)

    def end(self) -> None:
        """Note that the whole body has come."""
        self.complete = True
        self._wake()

    def leave(self) -> None:
        """Note that the sender has left."""
        self._gone = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
