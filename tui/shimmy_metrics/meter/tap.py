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
from shimmy_metrics.meter.bodies import Body, Unread, body_for
from shimmy_metrics.meter.framing import OPEN, UnsupportedError, body_length, encoded, persists
from shimmy_metrics.meter.http1 import Head, MessageParser
from shimmy_metrics.meter.request import VERSIONS, Request, request_of
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.meter.websocket import Frames
from shimmy_metrics.vocabulary import TokenSource

SHIMMY: Final = "shimmy"
"""What Shimmy calls itself in `/health`."""

_UNANSWERED: Final = (401, 403)
"""Answers that do not count: the client has no key, or no access."""

_BODYLESS: Final = (204, 304)
_SWITCHING: Final = 101


class _Answer:
    """The answer that is passing. `body` is None where it tells nothing; `last`: no other follows on the connection."""

    __slots__ = ("answered", "body", "last", "request", "status", "usage")

    def __init__(self, request: Request, status: int, answered: float, usage: Usage, *, last: bool) -> None:
        self.request = request
        self.status = status
        self.answered = answered
        self.last = last
        self.usage = usage
        self.body: Body | None = None


class Tap:
    """Reads both directions of one connection.

    `on_exchange` receives each exchange once its answer has ended; `hash_model` turns a model's name into a keyed hash;
    `clock` returns monotonic seconds; `server` returns what the server calls itself (`shimmy`), or empty while that is
    unknown. `disabled`: nothing is read any more.
    """

    __slots__ = (
        "_answer", "_awaited", "_clock", "_from_client", "_from_server", "_hash", "_last_asked", "_on_exchange",
        "_server", "disabled",
    )  # fmt: skip

    def __init__(
        self,
        on_exchange: Callable[[Exchange], None],
        hash_model: Callable[[bytes], bytes],
        clock: Callable[[], float],
        server: Callable[[], str] = lambda: SHIMMY,
    ) -> None:
        self._on_exchange = on_exchange
        self._hash = hash_model
        self._clock = clock
        self._server = server
        self._awaited: deque[Request] = deque()
        self._from_client = MessageParser()
        self._from_server = MessageParser(b"HTTP/1.")
        self._answer: _Answer | None = None
        self._last_asked = False  # no request follows on this connection (RFC 9112, section 9.6)
        self.disabled = False

    @property
    def answer_due(self) -> bool:
        """Whether the client has sent all it will, and its answers are not complete."""
        asked = self._from_client.ends_with_connection  # also true where what follows cannot be read
        answering = self._answer is not None and self._answer.status != _SWITCHING
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
        try:
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
                for at, request in enumerate(self._awaited, 1):
                    # If the client leaves first, what the server made of a complete request stays unknown.
                    whole = at < len(self._awaited) or self._from_client.done
                    self._count(request, None, now, failed=by_server, unread=whole and not by_server)
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
            head = message.head()
            if head is None:
                return
            if len(self._awaited) == PIPELINE_MAX:
                raise UnsupportedError
            self._awaited.append(request_of(head))
            version = head.line.rpartition(b" ")[2]
            self._last_asked = not persists(head.fields, version)
            length = body_length(head.fields, version) or 0
            if length == OPEN:
                raise UnsupportedError
            message.expect(length)

    def _pass_client(self) -> None:
        """Skip all that the client still sends: it cannot be read."""
        self._from_client.drop()
        self._from_client.expect(OPEN)

    def _read_server(self, data: bytes) -> None:
        message = self._from_server
        now = self._clock()
        message.feed(data, now)
        while True:
            answer = self._answer
            if answer is None:
                head = message.head()
                if head is None:
                    return
                answer = self._begin(head)
                if answer is None:
                    continue
                self._answer = answer
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

    def _begin(self, head: Head) -> _Answer | None:
        """Return the answer that begins with `head`, and expect its body; None for an interim response."""
        version, _, rest = head.line.partition(b" ")
        code = rest[:3]
        if version not in VERSIONS or rest[3:4] not in (b" ", b"") or not self._awaited:
            raise UnsupportedError
        if len(code) != 3 or not code.isdigit() or code[:1] == b"0":
            raise UnsupportedError
        status = int(code)
        if status < 200 and status != _SWITCHING:
            return None  # the final answer follows
        if status == _SWITCHING and head.fields.get(b"upgrade", b"").rstrip(b" \t") != b"websocket":
            raise UnsupportedError
        length = body_length(head.fields, version)
        request = self._awaited.popleft()
        usage = Usage(generates=request.generates, event_is_token=self._is_shimmy())
        answer = _Answer(request, status, head.began, usage, last=not persists(head.fields, version))
        if status == _SWITCHING:
            self._switch(head.fields, answer)
            return answer
        if request.bodyless or status in _BODYLESS:
            length = 0
        elif length is None:
            length = OPEN
        answer.last |= length == OPEN
        self._from_server.expect(length)
        if length and status < 300 and request.route is not None:
            answer.body = self._body(head.fields, request.route, usage)
        return answer

    def _switch(self, fields: dict[bytes, bytes], answer: _Answer) -> None:
        """Switch to WebSocket frames; what the client sends from here on is skipped."""
        self._pass_client()
        self._from_server.expect(OPEN)
        if answer.request.route == "/ws/generate" and self._is_shimmy():
            extended = b"sec-websocket-extensions" in fields
            answer.usage.generates = True  # though it began with a GET
            answer.body = Unread() if extended else Frames(answer.usage)

    def _body(self, fields: dict[bytes, bytes], route: str, usage: Usage) -> Body | None:
        if encoded(fields):
            return Unread()
        # There Shimmy reports bytes divided by four.
        usage.estimated = route == "/v1/messages" and self._is_shimmy()
        return body_for(fields.get(b"content-type", b""), usage, bare=route == "/api/generate" and self._is_shimmy())

    def _is_shimmy(self) -> bool:
        return self._server() == SHIMMY

    def _finish(self, answer: _Answer, now: float, last: bytes = b"", *, failed: bool = False) -> None:
        """Count an answer that ended; `failed`: the server cut it short."""
        self._answer = None
        if answer.body is not None:
            answer.body.finish(last)
        self._count(answer.request, answer, now, failed=failed)
        if answer.last:
            # The server took no later request; its client repeats it elsewhere (RFC 9112, section 9.6).
            self._disable()

    def _lose(self) -> None:
        """Count the open requests, whose answers cannot be read, and read nothing more."""
        with suppress(Exception):
            now = self._clock()
            if self._answer is not None:
                self._count(self._answer.request, self._answer, now, unread=True)
            for request in self._awaited:
                self._count(request, None, now, unread=True)
        self._disable()

    def _count(
        self, request: Request, answer: _Answer | None, now: float, *, failed: bool = False, unread: bool = False
    ) -> None:
        """Emit the exchange of a request and its answer, if it counts. An `unread` answer has a status alone."""
        if request.route is None or (answer is not None and answer.status in _UNANSWERED):
            return
        model, tokens, source, answered, generates = None, 0, None, None, request.generates
        tokens_in = 0
        if answer is not None:
            usage = answer.usage
            failed = failed or answer.status >= 400
            answered, generates = answer.answered, usage.generates
            if not unread:
                tokens, source = usage.result()
                tokens_in = usage.prompt_tokens
                model = None if usage.model is None else self._hash(usage.model.encode())
                failed = failed or usage.failed
        if unread and generates and not failed:
            source = TokenSource.UNKNOWN
        place = request.place if source is TokenSource.UNKNOWN else None
        self._on_exchange(
            Exchange(
                request.route,
                failed,
                request.client,
                model,
                tokens,
                source,
                request.started,
                answered,
                now,
                place,
                tokens_in,
            )
        )

    def _disable(self) -> None:
        self.disabled = True
        self._answer = None
        self._awaited.clear()
        self._from_client.drop()
        self._from_server.drop()
