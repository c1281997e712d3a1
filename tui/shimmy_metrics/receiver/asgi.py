"""The receiver as a plain ASGI callable: two routes and a text need no framework.

It writes no log, and knows an address for as long as it takes to find its bucket.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from socket import AF_INET, inet_pton
from typing import Any, Final, NamedTuple

from shimmy_metrics.receiver.accepted import Accepted
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

_JSON: Final = (b"content-type", b"application/json")

NO_OPERATOR: Final = Response(HTTPStatus.NOT_FOUND, rules=("operator",))

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Programme(NamedTuple):
    """What the operator says: that reports are taken no more, a smaller size of groups, a text.

    `k` is None where groups have the usual size. `operator` is the JSON body of GET /v1/operator, empty without a text.
    """

    ended: bool = False
    k: int | None = None
    operator: bytes = b""


class Receiver:
    """The ASGI callable.

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
        wait_seconds: Callable[[bytes], int] = lambda _: 0,
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing where the sender leaves before it is complete."""
        try:
            response = await self._answer(scope, receive)
        except UnconfirmedError:
            response = retry(HTTPStatus.SERVICE_UNAVAILABLE, UNCONFIRMED_SECONDS, "recall after a lost key")
        except StoreError:
            response = retry(HTTPStatus.SERVICE_UNAVAILABLE, BUSY_SECONDS, "busy")
        except Exception as error:  # noqa: BLE001 - one request may fail by a fault of ours, the next is answered
            response = Response(HTTPStatus.INTERNAL_SERVER_ERROR, rules=(f"internal error ({type(error).__name__})",))
        if response is not None:
            if response.rules:
                self._count(response.rules)
            await _send(response, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        headers = dict(scope["headers"])
        wait = self._wait_seconds(self._address(scope.get("client"), headers))
        if wait:
            return retry(HTTPStatus.TOO_MANY_REQUESTS, wait, "rate")
        path = _path(scope)
        refusal = route(scope["method"], path)
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
        refusal = head_refusal(headers)
        if refusal is not None:
            return refusal
        body = await _body(receive)
        if body is None:
            return None
        judged = judge(body, self._today())
        if isinstance(judged, Response):
            return judged
        accepted = judged.accepted
        return compose(judged, await self._store(accepted) if accepted else [], programme.k)

    def _address(self, client: tuple[str, int] | None, headers: Mapping[bytes, bytes]) -> bytes:
        """Return for whom the request comes: the peer, or who a trusted proxy says it is; empty where nobody tells."""
        peer = client[0] if client else UNIX
        if self._is_proxy(peer):
            # The proxy adds the peer that it sees behind what that peer says of itself.
            named = headers.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip()
            return _parsed(named.decode("latin-1")) or _parsed(peer)
        return _parsed(peer)

    def _is_proxy(self, peer: str) -> bool:
        """Whether that is the trusted proxy, which may be written in more than one way."""
        return peer == self._proxy or (self._proxy_address != b"" and _parsed(peer) == self._proxy_address)


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, or None where the sender has left. Its length was declared, and holds."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece: bytes = message.get("body", b"")
        body += piece  # where it comes in one piece, as nearly all do, this is no copy
        if not message.get("more_body", False):
            return body


async def _send(response: Response, send: Send) -> None:
    status, body = response.status, response.body
    headers = [(name.encode(), value.encode()) for name, value in response.headers]
    if body:
        headers.append(_JSON)
    if body or status is not HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _path(scope: Scope) -> str:
    """Return the path as it stands in the request, with its query."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()  # which a server need not know
    query: bytes = scope.get("query_string", b"")
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _parsed(text: str) -> bytes:
    """Return the bytes of an address, 4 or 16; none of what is no address."""
    try:
        return inet_pton(AF_INET, text)  # which is nearly every one, in a tenth of the time
    except OSError:
        pass
    try:
        address = ip_address(text)
    except ValueError:
        return b""
    return (address.ipv4_mapped or address if isinstance(address, IPv6Address) else address).packed
