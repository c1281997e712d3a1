"""The tap on one connection: both directions in, exchanges out. Called after the bytes were forwarded.

It never raises. What it cannot read it does not count: then it is blind, keeps nothing, and returns at once.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import PIPELINE_MAX
from shimmy_metrics.meter.bodies import Body, Unread, body_for
from shimmy_metrics.meter.clients import client_of
from shimmy_metrics.meter.http1 import OPEN, Head, LostError, Message, framing
from shimmy_metrics.meter.routes import generates, place_of, route_of
from shimmy_metrics.meter.tally import Tally
from shimmy_metrics.meter.websocket import Frames
from shimmy_metrics.vocabulary import OTHER, TokenSource

SHIMMY: Final = "shimmy"
"""What Shimmy calls itself in `/health`."""

_VERSIONS: Final = (b"HTTP/1.1", b"HTTP/1.0")
_UNANSWERED: Final = (401, 403)
"""Answers that do not count: somebody without the key, or from elsewhere."""

_BODYLESS: Final = (204, 304)
_SWITCHING: Final = 101


class _Request(NamedTuple):
    """A request whose answer is awaited.

    `route` is None where it does not count; `bodyless`: a HEAD; `generates`: its answer may be generated; `place` is
    where, as a word for the person alone.
    """

    route: str | None
    client: str | None
    bodyless: bool
    started: float
    generates: bool
    place: str


class _Answer:
    """The answer that is passing. `body` is None where it tells nothing."""

    __slots__ = ("answered", "body", "request", "status", "tally")

    def __init__(self, request: _Request, status: int, answered: float, tally: Tally) -> None:
        self.request = request
        self.status = status
        self.answered = answered
        self.tally = tally
        self.body: Body | None = None


class Tap:
    """Reads both directions of one connection.

    `on_exchange` gets each exchange when its answer ended; `hash_model` turns a model's name into a keyed hash;
    `clock` gives monotonic seconds. `server` is what the server calls itself (`shimmy`, or empty). `blind` tells that
    nothing is read any more.
    """

    __slots__ = (
        "_answer", "_awaited", "_clock", "_from_client", "_from_server", "_hash", "_on_exchange", "_shimmy", "blind",
    )  # fmt: skip

    def __init__(
        self,
        on_exchange: Callable[[Exchange], None],
        hash_model: Callable[[bytes], bytes],
        clock: Callable[[], float],
        server: str = SHIMMY,
    ) -> None:
        self._on_exchange = on_exchange
        self._hash = hash_model
        self._clock = clock
        self._shimmy = server == SHIMMY
        self._awaited: deque[_Request] = deque()
        self._from_client = Message()
        self._from_server = Message()
        self._answer: _Answer | None = None
        self.blind = False

    def client_bytes(self, data: bytes) -> None:
        """Read what the client sent."""
        if self.blind:
            return
        try:
            self._read_client(data)
        except Exception:  # noqa: BLE001 - the boundary: hostile bytes must never reach the relay as an error
            self._go_blind()

    def server_bytes(self, data: bytes) -> None:
        """Read what the server sent."""
        if self.blind:
            return
        try:
            self._read_server(data)
        except Exception:  # noqa: BLE001 - the boundary: hostile bytes must never reach the relay as an error
            self._go_blind()

    def closed(self, *, by_server: bool) -> None:
        """Count what was under way when the connection ended.

        An answer that had begun counts as it stands. A request without any answer failed if the server closed.
        """
        if self.blind:
            return
        with suppress(Exception):
            now = self._clock()
            if self._answer is not None:
                self._finish(self._answer, now)
            for at, request in enumerate(self._awaited, 1):
                # A client that leaves before the answer leaves what the server made of a whole request untold.
                whole = at < len(self._awaited) or self._from_client.done
                untold = whole and request.generates and not by_server
                self._tell(request, now, failed=by_server, source=TokenSource.UNKNOWN if untold else None)
        self._go_blind()

    def _read_client(self, data: bytes) -> None:
        message = self._from_client
        message.feed(data, self._clock())
        while True:
            if not message.done:
                message.skip()
                if not message.done:
                    return
            head = message.head()
            if head is None:
                return
            self._awaited.append(_request(head))
            if len(self._awaited) > PIPELINE_MAX:
                raise LostError
            message.expect(framing(head.fields, head.line.rpartition(b" ")[2]) or 0)

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
                    answer.tally.passed = True
                if not message.done:
                    answer.body.feed(last)
                    return
            elif not message.done:
                message.skip()
                if not message.done:
                    return
            self._finish(answer, now, last)

    def _begin(self, head: Head) -> _Answer | None:
        """Return the answer that begins with `head`, its body expected; None for an interim one."""
        version, _, rest = head.line.partition(b" ")
        code = rest[:3]
        if version not in _VERSIONS or not code.isdigit() or rest[3:4] not in (b" ", b"") or not self._awaited:
            raise LostError
        status = int(code)
        if status < 200 and status != _SWITCHING:
            return None  # the final answer follows
        request = self._awaited.popleft()
        tally = Tally(generates=request.generates, event_is_token=self._shimmy)
        answer = _Answer(request, status, head.began, tally)
        if status == _SWITCHING:
            self._switch(head.fields, answer)
            return answer
        length = framing(head.fields, version)
        if request.bodyless or status in _BODYLESS:
            length = 0
        elif length is None:
            length = OPEN
        self._from_server.expect(length)
        if length and status < 300 and request.route is not None:
            answer.body = self._body(head.fields, request.route, tally)
        return answer

    def _switch(self, fields: dict[bytes, bytes], answer: _Answer) -> None:
        """Go over to the frames of a WebSocket; what the client sends from here on is passed over."""
        if fields.get(b"upgrade", b"").rstrip(b" \t") != b"websocket":
            raise LostError
        self._from_client.drop()
        self._from_client.expect(OPEN)
        self._from_server.expect(OPEN)
        if self._shimmy and answer.request.route == "/ws/generate":
            extended = b"sec-websocket-extensions" in fields
            answer.tally.generates = True  # though it began with a GET
            answer.body = Unread() if extended else Frames(answer.tally)

    def _body(self, fields: dict[bytes, bytes], route: str, tally: Tally) -> Body | None:
        if fields.get(b"content-encoding", b"identity").rstrip(b" \t") != b"identity":
            return Unread()
        # Shimmy's usage there is the bytes by four.
        tally.estimated = self._shimmy and route == "/v1/messages"
        return body_for(fields.get(b"content-type", b""), tally, bare=self._shimmy and route == "/api/generate")

    def _finish(self, answer: _Answer, now: float, last: bytes = b"") -> None:
        self._answer = None
        if answer.body is not None:
            answer.body.finish(last)
        request, tally = answer.request, answer.tally
        if request.route is None or answer.status in _UNANSWERED:
            return
        tokens, source = tally.result()
        model = None if tally.model is None else self._hash(tally.model.encode())
        failed = tally.failed or answer.status >= 400
        self._tell(request, now, failed=failed, tokens=tokens, source=source, model=model, answered=answer.answered)

    def _tell(
        self,
        request: _Request,
        now: float,
        *,
        failed: bool,
        source: TokenSource | None,
        tokens: int = 0,
        model: bytes | None = None,
        answered: float | None = None,
    ) -> None:
        if request.route is not None:
            unread = request.place if source is TokenSource.UNKNOWN else None
            self._on_exchange(
                Exchange(
                    request.route, failed, request.client, model, tokens, source, request.started, answered, now, unread
                )
            )

    def _go_blind(self) -> None:
        self.blind = True
        self._answer = None
        self._awaited.clear()
        self._from_client.drop()
        self._from_server.drop()


def _request(head: Head) -> _Request:
    """Return what is kept of a request. Raises `LostError`: CONNECT makes a tunnel, `PRI` is HTTP/2."""
    parts = head.line.split(b" ")
    if len(parts) != 3 or parts[2] not in _VERSIONS or parts[0] == b"CONNECT" or not parts[0].isalpha():
        raise LostError
    method, target, _ = parts
    agent = head.fields.get(b"user-agent")
    route = None if method == b"OPTIONS" else route_of(target)
    client = client_of(agent) if agent else None
    place = place_of(target) if route is None or route == OTHER else route
    return _Request(route, client, method == b"HEAD", head.began, generates(method, target), place)
