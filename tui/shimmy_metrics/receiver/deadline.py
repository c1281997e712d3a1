"""A connection's deadlines, which uvicorn has none of: 20 of 20 slow clients were still connected after 42 s."""

from asyncio import Event, TimerHandle, Transport
from collections.abc import Callable, Iterable
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shimmy_metrics.receiver.cycle import Cycle

DEADLINE_SECONDS: Final = 10.0
"""From a request's first byte (for the first request: from the connection) to its last, and then to its answer."""

MOST_BYTES: Final = 40_960
"""Of one request: the largest body that is taken (`limits.REQUEST_BYTES`), and 8 kB of head."""

MOST_BEHIND: Final = 100
"""Requests that may wait behind one that is not answered yet: reading stops at the first, but more may have come."""

_PIECE: Final = 4_096
_CLOSING_SECONDS: Final = 2.0


Count = Callable[[Iterable[str]], None]
"""Counts the rules that were broken."""


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, closed on whoever is slow, sends too much, or does not read its answer."""

    def __init__(self, count: Count, *args: Any, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **options)
        self._count = count
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
        self._refused = False
        """Whether something came that is no HTTP: the parser says so of all that follows."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's: that of a stream
        """Begin the first request's time."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Read on in small pieces: a request that is too long is noticed within one."""
        if self._idle:
            self._begin()
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._bytes += len(piece)
            super().data_received(piece)
            if self._bytes > MOST_BYTES:
                self._count(("longer than 40 kB",))
                self._close()
            if self.transport.is_closing():
                return

    def on_message_begin(self) -> None:
        """Note a request that begins in the bytes behind another one."""
        super().on_message_begin()
        self._incomplete = True
        if self._idle:
            self._begin()

    def on_headers_complete(self) -> None:
        """Begin a request as uvicorn does, but in a `Cycle`.

        What uvicorn may do besides is not asked for here: other protocols, a limit of connections, a path of its own.
        """
        version = self.parser.get_http_version()
        if version != "1.1":
            self.scope["http_version"] = version
        self.scope["method"] = self.parser.get_method().decode("ascii")
        url = httptools.parse_url(self.url)
        self.scope["raw_path"] = url.path
        self.scope["path"] = unquote(url.path.decode("ascii"))
        self.scope["query_string"] = url.query or b""
        before = cast("Cycle | None", self.cycle)  # whatever its type says
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=Event(),
            expect_100_continue=self.expect_100_continue and version != "1.0",  # which knows no such answer
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            task = self.loop.create_task(self.cycle.run_asgi(self.app))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))
        # Nothing that stands behind a chunked body may take a header's place, such as a trusted proxy's.
        self.headers = []
        if len(self.pipeline) > MOST_BEHIND and not self.transport.is_closing():
            self._count(("too many requests at once",))
            self._close()

    def on_message_complete(self) -> None:
        """Begin the answer's time; of a request that was answered unread, the idle time."""
        self._bytes = 0
        self._incomplete = False
        self._begin()
        super().on_message_complete()
        if self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self._begin_idling()

    def on_response_complete(self) -> None:
        """End it, unless a request has begun that is not complete yet or waits for its answer."""
        if self._incomplete or self.pipeline:
            super().on_response_complete()
            return
        # All that uvicorn does, but without a timer of its own for each answer.
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._begin_idling()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the one shape of every 400; behind a request, close once that is answered."""
        del msg
        if self._refused:
            return
        self._refused = True
        self._count(("no HTTP",))
        cycle = cast("Cycle | None", self.cycle)  # the last one that came, whatever its type says
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
            return
        if cycle is not None and self._incomplete and cycle.scope is self.scope:  # its answer did not need the body
            self._close()
            return
        body = orjson.dumps({"rule": "no HTTP"})
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d"
        self.transport.write(head % len(body) + b"\r\n\r\n" + body)
        self._close()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also one whose answer is not read."""
        self._close()

    def _begin(self) -> None:
        self._idle = False
        self._wait(DEADLINE_SECONDS)

    def _begin_idling(self) -> None:
        self._idle = True
        self._wait(self.timeout_keep_alive)

    def _wait(self, seconds: float) -> None:
        now = self.loop.time()
        self._expires = now + seconds
        if self._timer is None:
            self._set_timer(now)

    def _set_timer(self, now: float) -> None:
        """Look again no later than at the end of an idle time that may begin at once."""
        self._timer = self.loop.call_at(min(self._expires, now + self.timeout_keep_alive), self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self.loop.time()
        if now < self._expires:
            self._set_timer(now)
            return
        if self._idle:
            self._close()
            return
        if self._bytes or self._incomplete:
            self._count(("slower than 10 s",))
        self.transport.abort()

    def _close(self) -> None:
        """Close, and do not wait long for the peer to take what was written."""
        self.transport.close()
        self.loop.call_later(_CLOSING_SECONDS, self.transport.abort)
