"""One request and its answer, as an ASGI callable has them: no more of ASGI than the receiver takes.

The body is received whole: it is small. The answer is sent in two messages, and goes out as one write.
"""

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

Header = tuple[bytes, bytes]

_STATUS_LINES: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}


class Exchange:
    """A request whose head has come; `scope` is that of ASGI.

    `keeps` says whether the connection is kept after it. `demand` is called where the body has not come whole when it
    is asked for, `answer` with the whole answer's start and body.
    """

    __slots__ = (
        "_answer",
        "_demand",
        "_gone",
        "_parts",
        "_start",
        "_waiting",
        "answered",
        "complete",
        "keeps",
        "scope",
    )

    def __init__(
        self,
        scope: dict[str, Any],
        *,
        keeps: bool,
        demand: Callable[[], None],
        answer: Callable[["Exchange", dict[str, Any], bytes], None],
    ) -> None:
        self.scope = scope
        self.keeps = keeps
        self.complete = False
        """Whether the whole request has come."""
        self.answered = False
        self._demand = demand
        self._answer = answer
        self._parts: list[bytes] = []
        self._gone = False
        self._start: dict[str, Any] = {}
        self._waiting: asyncio.Future[None] | None = None

    def add(self, part: bytes) -> None:
        """Take a part of the body; once it is answered, for nothing."""
        if not self.answered:
            self._parts.append(part)

    def end(self) -> None:
        """Note that the whole body has come."""
        self.complete = True
        self._wake()

    def leave(self) -> None:
        """Note that the sender has left."""
        self._gone = True
        self._wake()

    async def receive(self) -> dict[str, Any]:
        """Return the whole body, or that the sender has left. ASGI's `receive`."""
        if not (self.complete or self._gone):
            self._demand()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self._gone:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"".join(self._parts)}

    async def send(self, message: dict[str, Any]) -> None:
        """Take the answer's start, then its body, which is whole. ASGI's `send`."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self.answered = True
        self._parts.clear()
        self._answer(self, self._start, message["body"])

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def composed(status: int, headers: Iterable[Header], body: bytes) -> bytes:
    """Return an answer's bytes."""
    parts = [_STATUS_LINES[status]]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    parts += (b"\r\n", body)
    return b"".join(parts)
