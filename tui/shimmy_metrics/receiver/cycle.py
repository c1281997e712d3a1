"""One request and its answer as uvicorn has them, but a whole answer is written at once."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseStartEvent

_HEADS_KEPT: Final = 64
"""Of the current second: they hold its date, and few differ in anything else."""


class Cycle(RequestResponseCycle):
    """uvicorn's, but an answer whose body comes whole is written with its head, and a head is put together once.

    ASGI allows that a head waits for the body. Any other answer is written by uvicorn: one in pieces, without a length,
    to HEAD, or behind which the connection is closed.
    """

    _start: "HTTPResponseStartEvent | None" = None
    """A head that waits for its body."""

    async def send(self, message: "ASGISendEvent") -> None:
        """Take the next message of the answer."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._start = message
            self.response_started = True
            self.waiting_for_100_continue = False
            return
        start, self._start = self._start, None
        if start is not None:
            if self._write_whole(start, message):
                return
            self.response_started = False  # uvicorn has not seen the head
            await super().send(start)
        await super().send(message)

    def _write_whole(self, start: "HTTPResponseStartEvent", message: "ASGISendEvent") -> bool:
        """Write the answer if it is one that can be written at once; return whether it was."""
        if message["type"] != "http.response.body" or message.get("more_body", False):
            return False
        if not self.keep_alive or self.disconnected or self.flow.write_paused or self.scope["method"] == "HEAD":
            return False
        body = message.get("body", b"")
        head = _head(start["status"], (*self.default_headers, *start.get("headers", ())), len(body))
        if not head:
            return False
        self.transport.write(head + body)
        self.response_complete = True
        self.message_event.set()
        self.on_response()
        return True


@lru_cache(_HEADS_KEPT)
def _head(status: int, headers: tuple[tuple[bytes, bytes], ...], length: int) -> bytes:
    """Return a head as it is written before a body of that length; empty where uvicorn has to look at a header."""
    lines = [STATUS_LINE[status]]
    lengths: list[bytes] = []
    for given, value in headers:
        name = given.lower()
        if name in (b"connection", b"transfer-encoding") or HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            return b""
        if name == b"content-length":
            lengths.append(value)
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join([*lines, b"\r\n"]) if lengths == [b"%d" % length] else b""
