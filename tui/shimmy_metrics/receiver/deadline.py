"""HTTP/1.1 on one connection, with deadlines.

httptools parses; uvicorn's own protocol, which serves every ASGI application, takes as long for a request as reading,
hashing and answering a report do, and has no deadlines: 20 of 20 slow clients were still connected after 42 s.
"""

from asyncio import AbstractEventLoop, Protocol, Task, TimerHandle, Transport, get_running_loop
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from http import HTTPStatus
from typing import Any, Final

import httptools
import orjson

from shimmy_metrics.receiver.exchange import Exchange
from shimmy_metrics.receiver.handler import UNIX, Request
from shimmy_metrics.receiver.response import Response

DEADLINE_SECONDS: Final = 10.0
"""From a request's first byte (for the first request: from the connection) to its last, and then to its answer."""

IDLE_SECONDS: Final = 5.0
"""From an answer to the next request."""

MOST_BYTES: Final = 40_960
"""Of one request: the largest body that is taken (`limits.REQUEST_BYTES`), and 8 kB of head."""

_PIECE: Final = 4_096
_CLOSING_SECONDS: Final = 2.0
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE: Final = "connection: close\r\n"
_STATUS_LINES: Final = {each: f"HTTP/1.1 {each.value} {each.phrase}\r\n" for each in HTTPStatus}

Handler = Callable[[Request], Coroutine[Any, Any, Response | None]]
"""Returns the answer to a request; None where there is nobody to answer."""

Count = Callable[[Iterable[str]], None]
"""Counts the rules that were broken."""


class DeadlineProtocol(Protocol):
    """Has each request answered by `handler`, in order; closes on who is slow, sends too much, or reads no answer.

    `connections` are all that there are, for the server to end. `date` returns the header that every answer has.
    """

    _transport: Transport

    def __init__(
        self, handler: Handler, connections: set[Any], date: Callable[[], list[tuple[bytes, bytes]]], count: Count
    ) -> None:
        self._handler = handler
        self._connections = connections
        self._date = date
        self._count = count
        self._loop: AbstractEventLoop = get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._peer = UNIX

        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._arriving: Exchange | None = None
        """The last request whose head has come."""
        self._current: Exchange | None = None
        """The one that is being answered."""
        self._queue: deque[Exchange] = deque()
        """Those that came behind it."""
        self._task: Task[None] | None = None
        """Held for as long as it runs: the loop itself would let it go."""
        self._unread = False
        """Whether too much waits to be read by the peer."""
        self._refused = False
        """Whether something came that is no HTTP."""

        self._expires = 0.0
        """In the loop's seconds."""
        self._idle = False
        """Whether what is waited for is another request."""
        self._timer: TimerHandle | None = None
        """One for many requests: to begin and cancel one for each costs more than to find that one has time left."""
        self._bytes = 0
        """Received since the last request was complete."""
        self._incomplete = False
        """Whether a request has begun."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin the first request's time."""
        self._transport = transport
        self._connections.add(self)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self._peer = str(peer[0])
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time, and who waits for a body."""
        del exc
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._current is not None:
            self._current.leave()
        self._queue.clear()

    def data_received(self, data: bytes) -> None:
        """Read on in small pieces: a request that is too long is noticed within one."""
        if self._refused:
            return
        if self._idle:
            self._begin()
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._bytes += len(piece)
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserUpgrade:
                return  # to nothing that is spoken here: it is answered, and the connection closed
            except httptools.HttpParserError:
                self._refuse()
                return
            if self._bytes > MOST_BYTES:
                self._count(("longer than 40 kB",))
                self._close()
            if self._transport.is_closing():
                return

    def on_message_begin(self) -> None:
        """Note a request that begins, perhaps in the bytes behind another one."""
        self._incomplete = True
        self._url = b""
        self._headers = {}
        if self._idle:
            self._begin()

    def on_url(self, url: bytes) -> None:
        """Note a part of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Have the request answered, or let it wait for its turn."""
        parser, target = self._parser, self._url
        if not target.startswith(b"/"):  # a whole URL, as a proxy may write it
            parsed = httptools.parse_url(target)
            target = (parsed.path or b"") + (b"?" + parsed.query if parsed.query else b"")
        made = self._arriving = Exchange(
            parser.get_method().decode("ascii"),
            target.decode("latin-1"),
            self._headers,
            self._peer,
            keeps=parser.should_keep_alive() and parser.get_http_version() != "1.0" and not parser.should_upgrade(),
            demand=self._demand,
        )
        if self._current is None:
            self._start(made)
        else:
            self._queue.append(made)
            self._transport.pause_reading()

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        assert self._arriving is not None
        self._arriving.add(part)

    def on_message_complete(self) -> None:
        """Begin the answer's time; of a request that was answered unread, the idle time."""
        assert self._arriving is not None
        self._bytes = 0
        self._incomplete = False
        self._begin()
        self._arriving.end()
        if self._arriving.answered:
            self._begin(idle=True)

    def pause_writing(self) -> None:
        """Read no more from who does not read: what is answered already waits in memory."""
        self._unread = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._unread = False
        self._read_on()

    def shutdown(self) -> None:
        """Answer what has begun, and close."""
        if self._current is None:
            self._transport.close()
        else:
            self._current.keeps = False

    def _read_on(self) -> None:
        if not (self._queue or self._unread):
            self._transport.resume_reading()

    def _start(self, exchange: Exchange) -> None:
        self._current = exchange
        self._task = self._loop.create_task(self._serve(exchange))

    async def _serve(self, exchange: Exchange) -> None:
        response = await self._handler(exchange)
        exchange.answered = True
        self._current = None
        if response is not None and not self._transport.is_closing():
            self._answer(exchange, response)

    def _demand(self, exchange: Exchange) -> None:
        """Let a sender go on that has asked first."""
        if exchange.headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(_CONTINUE)

    def _answer(self, exchange: Exchange, response: Response) -> None:
        """Write an answer; then have the next request answered, or wait for one, or close."""
        self._write(response, keeps=exchange.keeps)
        if not exchange.keeps:
            self._close()
        elif self._queue:
            self._start(self._queue.popleft())
            self._begin()
            self._read_on()
        elif not self._incomplete:
            self._begin(idle=True)

    def _write(self, response: Response, *, keeps: bool) -> None:
        date = b"".join([b"%s: %s\r\n" % header for header in self._date()])
        head = "".join([f"{name}: {value}\r\n" for name, value in response.head])
        end = "\r\n" if keeps else f"{_CLOSE}\r\n"
        self._transport.write(
            b"".join((_STATUS_LINES[response.status].encode(), date, (head + end).encode(), response.body))
        )

    def _refuse(self) -> None:
        """Answer what is no HTTP in the one shape of every 400; behind a request that is, close once it is answered."""
        self._refused = True
        self._count(("no HTTP",))
        last = self._queue[-1] if self._queue else self._current
        if last is not None:
            last.keeps = False
            return
        self._write(Response(HTTPStatus.BAD_REQUEST, orjson.dumps({"rule": "no HTTP"})), keeps=False)
        self._close()

    def _begin(self, *, idle: bool = False) -> None:
        """Begin the time for a request or its answer, or with `idle` until the next request."""
        self._idle = idle
        now = self._loop.time()
        self._expires = now + (IDLE_SECONDS if idle else DEADLINE_SECONDS)
        if self._timer is None:
            self._set_timer(now)

    def _set_timer(self, now: float) -> None:
        """Look again no later than at the end of an idle time that may begin at once."""
        self._timer = self._loop.call_at(min(self._expires, now + IDLE_SECONDS), self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        if now < self._expires:
            self._set_timer(now)
            return
        if self._idle:
            self._close()
            return
        if self._bytes or self._incomplete:
            self._count(("slower than 10 s",))
        self._transport.abort()

    def _close(self) -> None:
        """Close, and do not wait long for the peer to take what was written."""
        self._transport.close()
        self._loop.call_later(_CLOSING_SECONDS, self._transport.abort)
