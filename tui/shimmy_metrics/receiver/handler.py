"""What becomes of each request: two routes and a text need no framework.

It writes no log, and knows an address for as long as it takes to find its bucket.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET, inet_pton
from typing import Final, NamedTuple, Protocol

from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.rate import Address
from shimmy_metrics.receiver.response import (
    OPERATOR_PATH,
    PATH,
    Response,
    compose,
    head_refusal,
    judge,
    recalled_id,
    retry,
    route,
)
from shimmy_metrics.receiver.store import Outcome, StoreError, UnconfirmedError

UNIX: Final = "unix"
"""As a trusted proxy: whoever connects by a Unix socket."""

BUSY_SECONDS: Final = 60
"""When to ask again where reports cannot be stored now."""

UNCONFIRMED_SECONDS: Final = 86_400
"""When to recall again what may stand under a lost key: it goes with its day."""

NO_OPERATOR: Final = Response(HTTPStatus.NOT_FOUND, rules=("operator",))


class Request(Protocol):
    """A request whose head has come."""

    @property
    def method(self) -> str:
        """Its method."""
        ...

    @property
    def target(self) -> str:
        """Its path as it stands there, with its query."""
        ...

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        """Its headers, by lower-case names."""
        ...

    @property
    def peer(self) -> str:
        """The address that it comes from, or `UNIX`."""
        ...

    async def body(self) -> bytes | None:
        """Return the whole body, once it has come; None where the sender has left."""
        ...


class Programme(NamedTuple):
    """What the operator says: that reports are taken no more, a smaller size of groups, a text.

    `k` is None where groups have the usual size. `operator` is the JSON body of GET /v1/operator, empty without a text.
    """

    ended: bool = False
    k: int | None = None
    operator: bytes = b""


class Receiver:
    """Answers requests.

    `store` returns the outcomes of reports once they are durable, `recall` once a report is gone for good; both raise
    `StoreError` where that cannot be done now, `recall` also `UnconfirmedError`. `count` is told each rule
    that was broken. `wait_seconds` is `Rate.wait_seconds`, or takes all. `trusted_proxy` is the address whose
    X-Forwarded-For is believed, `UNIX` for a Unix socket's peer, empty for nobody's.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Accepted]], Awaitable[list[Outcome]]],
        recall: Callable[[str], Awaitable[None]],
        programme: Callable[[], Programme],
        count: Callable[[Iterable[str]], None],
        *,
        wait_seconds: Callable[[Address], int] = lambda _: 0,
        trusted_proxy: str = "",
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._store = store
        self._recall = recall
        self._programme = programme
        self._count = count
        self._wait_seconds = wait_seconds
        self._proxy = trusted_proxy
        self._proxy_address = _parsed(trusted_proxy)
        self._today = today

    async def __call__(self, request: Request) -> Response | None:
        """Return the answer to a request; None where the sender leaves before it is complete."""
        try:
            response = await self._answer(request)
        except UnconfirmedError:
            response = retry(HTTPStatus.SERVICE_UNAVAILABLE, UNCONFIRMED_SECONDS, "recall after a lost key")
        except StoreError:
            response = retry(HTTPStatus.SERVICE_UNAVAILABLE, BUSY_SECONDS, "busy")
        except Exception as error:  # noqa: BLE001 - one request may fail by a fault of ours, the next is answered
            response = Response(HTTPStatus.INTERNAL_SERVER_ERROR, rules=(f"internal error ({type(error).__name__})",))
        if response is not None and response.rules:
            self._count(response.rules)
        return response

    async def _answer(self, request: Request) -> Response | None:
        wait = self._wait_seconds(self._address(request.peer, request.headers))
        if wait:
            return retry(HTTPStatus.TOO_MANY_REQUESTS, wait, "rate")
        path = request.target
        refusal = route(request.method, path)
        if refusal is not None:
            return refusal
        programme = self._programme()
        if path == OPERATOR_PATH:
            return Response(HTTPStatus.OK, programme.operator) if programme.operator else NO_OPERATOR
        if path != PATH:
            await self._recall(recalled_id(path))
            return Response(HTTPStatus.NO_CONTENT)
        if programme.ended:
            return Response(HTTPStatus.GONE, rules=("ended",))
        return head_refusal(request.headers) or await self._take(request, programme.k)

    async def _take(self, request: Request, k: int | None) -> Response | None:
        body = await request.body()
        if body is None:
            return None
        judged = judge(body, self._today())
        if isinstance(judged, Response):
            return judged
        accepted = judged.accepted
        return compose(judged, await self._store(accepted) if accepted else [], k)

    def _address(self, peer: str, headers: Mapping[bytes, bytes]) -> Address:
        """Return for whom the request comes: the peer, or who a trusted proxy says it is; None where nobody tells."""
        if self._is_proxy(peer):
            # The proxy adds the peer that it sees behind what that peer says of itself.
            named = headers.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip()
            return _parsed(named.decode("latin-1")) or _parsed(peer)
        return _parsed(peer)

    def _is_proxy(self, peer: str) -> bool:
        """Whether that is the trusted proxy, which may be written in more than one way."""
        return peer == self._proxy or (self._proxy_address is not None and _parsed(peer) == self._proxy_address)


def _parsed(text: str) -> Address:
    try:
        return IPv4Address(inet_pton(AF_INET, text))  # which is nearly every one, in a third of the time
    except OSError:
        pass
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
