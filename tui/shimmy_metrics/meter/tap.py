"""The tap on one connection: both directions in, exchanges out. Called after the bytes were forwarded.

It never raises. Bytes that it cannot read disable it: it keeps nothing and returns at once. A request that was read
still becomes one exchange, whatever its answer looked like.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import PIPELINE_MAX
from shimmy_metrics.meter.answer import Answer, Asked, exchange_of
from shimmy_metrics.meter.bodies import Unread, body_for
from shimmy_metrics.meter.head_fields import OPEN, UnsupportedError
from shimmy_metrics.meter.http1 import MessageParser
from shimmy_metrics.meter.request import request_of
from shimmy_metrics.meter.response_head import SWITCHING, Response, response_of
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.meter.websocket import Frames

SHIMMY: Final = "shimmy"
"""What Shimmy calls itself in `/health`."""


class Tap:
    """Reads both directions of one connection.

    `on_exchange` receives each exchange once its answer has ended; `hash_model` turns a model's name into a keyed hash;
    `clock` returns monotonic seconds; `server` returns what the server calls itself (`shimmy`), or empty while that is
    unknown. `disabled`: nothing is read any more. Unless `quick`, every byte is parsed: the result is the same.
    """

    __slots__ = (
        "_answer", "_awaited", "_clock", "_from_client", "_from_server", "_hash", "_last_asked", "_on_exchange",
        "_quick", "_server", "disabled",
    )  # fmt: skip

    def __init__(
        self,
        on_exchange: Callable[[Exchange], None],
        hash_model: Callable[[bytes], bytes],
        clock: Callable[[], float],
        server: Callable[[], str] = lambda: SHIMMY,
        *,
        quick: bool = True,
    ) -> None:
        self._on_exchange = on_exchange
        self._hash = hash_model
        self._clock = clock
        self._server = server
        self._quick = quick
        self._awaited: deque[Asked] = deque()
        self._from_client = MessageParser(request_of, quick=quick)
        self._from_server = MessageParser(response_of, b"HTTP/1.", quick=quick)
        self._answer: Answer | None = None
        self._last_asked = False  # no request follows on this connection (RFC 9112, section 9.6)
        self.disabled = False

    @property
    def answer_due(self) -> bool:
        """Whether the client has sent all it will, and its answers are not complete."""
        asked = self._from_client.ends_with_connection  # also true where what follows cannot be read
        answering = self._answer is not None and self._answer.status != SWITCHING
        return asked and (answering or bool(self._awaited))

    def client_bytes(self, data: bytes) -> None:
        """Read what the client sent."""
        if self.disabled:
            return
        try:
            self._read_client(data)
        except Exception:  # noqa: BLE001 - the boundary: hostile bytes must never reach the relay as an error
            # Requests that were read until here are still answered.
            self._pass_client()
            if self._answer is None and not self._awaited:
                self._disable()

    def server_bytes(self, data: bytes) -> None:
        """Read what the server sent."""
        if self.disabled:
            return
        answer = self._answer
        try:
            if answer is not None and answer.body is not None and (piece := self._from_server.chunk(data)):
                answer.usage.passed = True
                answer.body.feed(piece)
            else:
                self._read_server(data)
        except Exception:  # noqa: BLE001 - the boundary: hostile bytes must never reach the relay as an error
            self._lose()

    def closed(self, *, by_server: bool, reset: bool = False) -> None:
        """Count what was in progress when the connection ended, and nothing after it.

        `by_server`: the server ended it; `reset`: not in an orderly way. Then an incomplete answer was cut short, and a
        request without an answer failed. If the client ended it, everything counts as far as it got.
        """
        if self.disabled:
            return
        with suppress(Exception):
            now = self._clock()
            if self._answer is not None:
                over = isinstance(self._answer.body, Frames) and self._answer.body.over
                whole = self._from_server.ends_with_connection and (over or not reset)
                if self._answer.body is not None and not whole:
                    self._answer.usage.passed = True  # even if nothing came: it may have been on its way
                self._finish(self._answer, now, failed=by_server and not whole)
            if not self.disabled:
                for at, asked in enumerate(self._awaited, 1):
                    # If the client leaves first, what the server made of a complete request stays unknown.
                    whole = at < len(self._awaited) or self._from_client.done
                    self._count(asked, None, now, failed=by_server, unread=whole and not by_server)
        self._disable()

    def _read_client(self, data: bytes) -> None:
        message = self._from_client
        message.feed(data, self._clock())
        while True:
            if not message.done:
                message.skip()
                if not message.done:
                    return
            if self._last_asked:
                message.drop()
                return
            request = message.head()
            if request is None:
                return
            if len(self._awaited) == PIPELINE_MAX:
                raise UnsupportedError
            self._awaited.append((request, message.began))
            self._last_asked = request.last
            length = message.length or 0
            if length == OPEN:
                raise UnsupportedError
            message.expect(length)

    def _pass_client(self) -> None:
        """Skip all that the client still sends: it cannot be read."""
        self._from_client.drop()
        self._from_client.expect(OPEN)

    def _read_server(self, data: bytes) -> None:
        message, answer = self._from_server, self._answer
        now = self._clock()
        message.feed(data, now)
        while True:
            if answer is None:
                response = message.head()
                if response is None:
                    return
                if response.interim:
                    continue  # the final answer follows
                self._answer = answer = self._begin(response)
            last = b""
            if answer.body is not None:
                last = message.body()
                if last:
                    answer.usage.passed = True
                if not message.done:
                    answer.body.feed(last)
                    return
            elif not message.done:
                message.skip()
                if not message.done:
                    return
            self._finish(answer, now, last)
            if self.disabled:
                return
            answer = None

    def _begin(self, response: Response) -> Answer:
        """Return the answer that begins, its body expected."""
        if not self._awaited:
            raise UnsupportedError
        message = self._from_server
        request, _ = asked = self._awaited.popleft()
        usage = Usage(generates=request.generates, event_is_token=self._is_shimmy())
        answer = Answer(asked, response.status, message.began, usage, last=response.last)
        if response.status == SWITCHING:
            self._switch(response, answer)
            return answer
        length = message.length
        if request.bodyless or response.bodyless:
            length = 0
        elif length is None:
            length = OPEN
        answer.last |= length == OPEN
        message.expect(length)
        if length and response.status < 300 and request.route is not None:
            # There Shimmy reports bytes divided by four.
            usage.estimated = request.route == "/v1/messages" and self._is_shimmy()
            bare = request.route == "/api/generate" and self._is_shimmy()
            answer.body = body_for(response.form, usage, bare=bare, quick=self._quick)
        return answer

    def _switch(self, response: Response, answer: Answer) -> None:
        """Switch to WebSocket frames; what the client sends from here on is skipped."""
        self._pass_client()
        self._from_server.expect(OPEN)
        if answer.asked[0].route == "/ws/generate" and self._is_shimmy():
            answer.usage.generates = True  # though it began with a GET
            answer.body = Unread() if response.extended else Frames(answer.usage)

    def _is_shimmy(self) -> bool:
        return self._server() == SHIMMY

    def _finish(self, answer: Answer, now: float, last: bytes = b"", *, failed: bool = False) -> None:
        """Count an answer that ended; `failed`: the server cut it short."""
        self._answer = None
        if answer.body is not None:
            answer.body.finish(last)
        self._count(answer.asked, answer, now, failed=failed)
        if answer.last:
            # The server took no later request; its client repeats it elsewhere (RFC 9112, section 9.6).
            self._disable()

    def _lose(self) -> None:
        """Count the open requests, whose answers cannot be read, and read nothing more."""
        with suppress(Exception):
            now = self._clock()
            if self._answer is not None:
                self._count(self._answer.asked, self._answer, now, unread=True)
            for asked in self._awaited:
                self._count(asked, None, now, unread=True)
        self._disable()

    def _count(
        self, asked: Asked, answer: Answer | None, now: float, *, failed: bool = False, unread: bool = False
    ) -> None:
        """Emit the exchange of a request and its answer, if it counts."""
        exchange = exchange_of(asked, answer, now, self._hash, failed=failed, unread=unread)
        if exchange is not None:
            self._on_exchange(exchange)

    def _disable(self) -> None:
        self.disabled = True
        self._answer = None
        self._awaited.clear()
        self._from_client.drop()
        self._from_server.drop()
