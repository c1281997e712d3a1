"""The tap on one connection: both directions in, exchanges out. Called after the bytes were forwarded.

It never raises. What it cannot read it does not count: then it is blind, keeps nothing, and returns at once.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import PIPELINE_MAX
from shimmy_metrics.meter.bodies import Body, Ignored, Unreadable, body_for
from shimmy_metrics.meter.clients import client_of
from shimmy_metrics.meter.http1 import Head, LostError, Message
from shimmy_metrics.meter.routes import GENERATING, route_of
from shimmy_metrics.meter.tally import Tally
from shimmy_metrics.meter.websocket import Frames

SHIMMY: Final = "shimmy"
_METHODS: Final = frozenset({b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE"})
_UNANSWERED: Final = frozenset({401, 403})
"""Answers that do not count: somebody without the key."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A request whose answer is awaited. `route` is None where it does not count."""

    method: bytes
    route: str | None
    client: str | None
    started: float


class _Answer:
    """The answer that is passing."""

    __slots__ = ("answered", "body", "frames", "request", "status", "tally")

    def __init__(self, request: _Request, status: int, answered: float, tally: Tally, body: Body) -> None:
        self.request = request
        self.status = status
        self.answered = answered
        self.tally = tally
        self.body = body
        self.frames: Frames | None = None


class Tap:
    """Reads both directions of one connection.

    `on_exchange` gets each exchange when its answer ended; `hash_model` turns a model's name into a keyed hash;
    `clock` gives monotonic seconds. `server` is what the server calls itself (`shimmy`, or empty).
    """

    __slots__ = (
        "_answer", "_awaited", "_clock", "_from_client", "_from_server", "_hash", "_on_exchange", "_server", "_since",
        "blind",
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
        self._server = server
        self._awaited: deque[_Request] = deque()
        self._from_client = Message()
        self._from_server = Message()
        self._answer: _Answer | None = None
        self._since: float | None = None
        self.blind = False

    def client_bytes(self, data: bytes) -> None:
        """Read what the client sent."""
        if self.blind or not data:
            return
        try:
            self._read_client(data)
        except LostError:
            self._lose()
        except Exception:  # noqa: BLE001 - the boundary: hostile bytes must never reach the relay as an error
            self._lose()

    def server_bytes(self, data: bytes) -> None:
        """Read what the server sent."""
        if self.blind or not data:
            return
        try:
            self._read_server(data)
        except LostError:
            self._lose()
        except Exception:  # noqa: BLE001 - the boundary: hostile bytes must never reach the relay as an error
            self._lose()

    def closed(self, *, by_server: bool) -> None:
        """Count what was under way when the connection ended.

        An answer that had begun counts as it stands. A request without any answer failed if the server closed.
        """
        if self.blind:
            return
        with suppress(Exception):
            if self._answer is not None:
                self._finish()
            now = self._clock()
            for request in self._awaited:
                if request.route is not None:
                    self._on_exchange(
                        Exchange(request.route, by_server, request.client, None, 0, None, request.started, None, now)
                    )
        self._lose()

    def _read_client(self, data: bytes) -> None:
        message = self._from_client
        if self._since is None:
            self._since = self._clock()
        message.feed(data)
        while message.waiting:
            if not message.skip() or not message.waiting:
                break
            head = message.head()
            if head is None:
                return  # the request began at `_since`, which stays
            self._awaited.append(self._request(head, self._since))
            if len(self._awaited) > PIPELINE_MAX:
                raise LostError
            chunked = head.chunked()
            message.expect(0 if chunked else head.length() or 0, chunked=chunked)
        self._since = None

    def _request(self, head: Head, started: float) -> _Request:
        method, _, rest = head.line.partition(b" ")
        target, _, version = rest.rpartition(b" ")
        # CONNECT makes a tunnel, `PRI` is HTTP/2, TLS begins with neither: all are passed on uncounted.
        if method not in _METHODS or version not in (b"HTTP/1.1", b"HTTP/1.0") or not target:
            raise LostError
        agent = head.get(b"user-agent")
        route = None if method == b"OPTIONS" else route_of(target)
        return _Request(method, route, client_of(agent) if agent else None, started)

    def _read_server(self, data: bytes) -> None:
        if self._answer is not None and self._answer.frames is not None:
            self._answer.frames.feed(data)
            return
        message = self._from_server
        message.feed(data)
        while message.waiting:
            if self._answer is None:
                head = message.head()
                if head is None:
                    return
                self._begin(head)
                continue
            if self._answer.frames is not None:
                self._answer.frames.feed(message.take())
                return
            for piece in message.body():
                self._answer.body.feed(piece)
            if not message.done:
                return
            self._finish()

    def _begin(self, head: Head) -> None:
        version, _, rest = head.line.partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not rest[:3].isdigit() or not self._awaited:
            raise LostError
        status = int(rest[:3])
        if 100 <= status < 200 and status != 101:
            return  # an interim answer: the final one follows
        request = self._awaited.popleft()
        tally = Tally()
        self._answer = _Answer(request, status, self._clock(), tally, Ignored())
        if status == 101:
            if head.get(b"upgrade") != b"websocket":
                raise LostError
            self._answer.frames = Frames(tally)
            self._from_client.drop()
            self._from_client.expect(None)  # what the client sends from here on are frames, and skipped
            return
        length: int | None = head.length()
        chunked = head.chunked()
        if request.method == b"HEAD" or status in (204, 304):
            length, chunked = 0, False
        self._from_server.expect(length, chunked=chunked)
        if 200 <= status < 300 and request.route is not None:
            self._answer.body = self._body(head, request.route, tally)
        if self._from_server.done:
            self._finish()

    def _body(self, head: Head, route: str, tally: Tally) -> Body:
        coding = head.get(b"content-encoding")
        if coding not in (None, b"", b"identity"):
            return Unreadable(tally) if route in GENERATING else Ignored()
        # Shimmy's usage on /v1/messages is bytes / 4: an estimate.
        tally.estimated = self._server == SHIMMY and route == "/v1/messages"
        bare = self._server == SHIMMY and route == "/api/generate"
        return body_for(head.get(b"content-type") or b"", tally, bare_events=bare)

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        if answer is None:
            return
        answer.body.finish()
        request, tally = answer.request, answer.tally
        if request.route is None or answer.status in _UNANSWERED:
            return
        tokens, source = tally.result()
        self._on_exchange(
            Exchange(
                route=request.route,
                failed=tally.failed or answer.status >= 400,
                client=request.client,
                model=self._hash(tally.model.encode("utf-8", "replace")) if tally.model else None,
                tokens=tokens,
                token_source=source,
                started=request.started,
                answered=answer.answered,
                ended=self._clock(),
            )
        )

    def _lose(self) -> None:
        self.blind = True
        self._answer = None
        self._awaited.clear()
        self._from_client.drop()
        self._from_server.drop()
