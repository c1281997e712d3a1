"""A connection without a socket: what the sender's requests meet is scripted, and time passes only as it waits."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import NamedTuple

from shimmy_metrics.delivery.post import Gate, Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.records import Failure
from shimmy_metrics.system.environment import Environment

_HEAD = "http11.send_request_headers.started"
_BODY = "http11.send_request_body.started"

Step = Callable[[], object]


class Exchange(NamedTuple):
    """What one request meets: a response, or None if none comes, and what happens before each of its steps."""

    answer: Response | None = Response(200)
    before_head: Step | None = None
    before_body: Step | None = None
    while_waiting: Step | None = None


class FakeWire:
    """Stands in for `Post`; `requests` are those of which the whole body left."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self.requests: list[Request] = []
        self.seconds: list[float] = []
        self.environments: list[Environment] = []
        self.asked: list[float] = []
        self.now = self.began = 1_000.0
        self._exchanges = list(exchanges)

    @property
    def time(self) -> SimpleNamespace:
        """What the sender reads of the module `time`."""
        return SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def post(self, requests: Sequence[Request], environment: Environment, gate: Gate, seconds: float) -> "_Post":
        """Begin a request, as `Post` does."""
        self.seconds.append(seconds)
        self.environments.append(environment)
        (request,) = requests
        return _Post(self, request, gate, self._exchanges.pop(0) if self._exchanges else Exchange())

    def answered(self, request: Request, gate: Gate, met: Exchange) -> Response | None:
        """Take the request's steps and return what came back; where no connection can be made none is taken."""
        if met.answer is not None and met.answer.failure is Failure.CONNECTION:
            return met.answer
        for event, before in ((_HEAD, met.before_head), (_BODY, met.before_body)):
            if before is not None:
                before()
            try:
                gate.step(event, {"request": SimpleNamespace(method=b"POST")})
            except Exception as error:  # noqa: BLE001 - as `Post` does
                return Response(failure=Failure.STORE if "Unwritable" in type(error).__name__ else Failure.WITHDRAWN)
        self.requests.append(request)
        return met.answer


class _Post:
    def __init__(self, wire: FakeWire, request: Request, gate: Gate, met: Exchange) -> None:
        self._wire = wire
        self._request = request
        self._gate = gate
        self._met = met
        self._begun = False

    def response(self, seconds: float) -> Response | None:
        self._wire.asked.append(seconds)
        if not self._begun:
            self._begun = True
            return self._wire.answered(self._request, self._gate, self._met)
        self._wire.now += seconds
        if self._met.while_waiting is not None:
            self._met.while_waiting()
        return None
