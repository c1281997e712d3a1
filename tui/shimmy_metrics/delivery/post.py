"""The only place that opens an outgoing connection to a receiver; its time limit includes name look-up and TLS.

Certificates are always verified (`SSL_CERT_FILE` and `SSL_CERT_DIR` name another authority, as usual); no redirect is
followed, no cookie kept, no `.netrc` read. A proxy of the environment serves https, never loopback.

`Gate` asks the caller for permission twice: when the connection stands (TLS and proxy included), before the request's
first byte, and again before its body.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from shimmy_metrics.delivery.proxy import UnusableProxyError, proxy_for
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.limits import ANSWER_BYTES
from shimmy_metrics.records import Failure
from shimmy_metrics.system import client_certificate
from shimmy_metrics.system.client_certificate import wants_client_certificate
from shimmy_metrics.system.environment import Environment

_GATES: Final = ("http11.send_request_headers.started", "http11.send_request_body.started")
"""httpcore's trace events before the first byte of the head, and of the body. A proxy's CONNECT has them as well."""

_BEYOND_PROXY: Final = ("proxy.start_tls.started", "socks.start_tls.started")
"""httpcore's trace events where a proxy has reached the receiver: what fails from then on is the receiver's."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: a status with the beginning of the body, or no response (status 0) with the failure."""

    status: int = 0
    body: bytes = b""
    failure: Failure = Failure.NONE


class Gate:
    """Asks `permits`, in the connection's thread, before the head and before the body; False ends the attempt.

    Once `close` has returned nothing more is sent, and `passed` is final: whether a byte may have left.
    """

    def __init__(self, permits: Callable[[], bool]) -> None:
        self._permits = permits
        self._lock = threading.Lock()
        self._closed = False
        self.passed = False

    def close(self) -> bool:
        """Send nothing more; return whether a byte may have left before."""
        self._closed = True  # before the lock: a step that waits for it must not pass first
        with self._lock:
            return self.passed

    def step(self, event: str, info: dict[str, Any]) -> None:
        """Handle one of httpcore's trace events. Raise `_ClosedError` where nothing more may leave."""
        if event not in _GATES or info["request"].method == b"CONNECT":
            return
        with self._lock:
            try:
                permitted = not self._closed and self._permits()
            except Exception as error:
                self._closed = True
                raise _UnwritableError from error
            if not permitted:
                self._closed = True
                raise _ClosedError
            self.passed = True


class _ClosedError(Exception):
    """Nothing more may leave."""


class _UnwritableError(Exception):
    """The departure could not be recorded, so nothing leaves."""


class Post:
    """Requests to one receiver, in their order, in a thread of its own, since a name look-up cannot be interrupted.

    A thread that is still running when its time is up can send nothing more (`Gate`), and ends with the process.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        environment: Environment,
        gate: Gate,
        seconds: float,
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        self._requests = requests
        self._environment = environment
        self._gate = gate
        self._seconds = seconds
        self._answer_bytes = answer_bytes
        self._past_proxy = False
        self._done = threading.Event()
        self._responses: list[Response] = []
        threading.Thread(target=self._attempt, daemon=True, name="post").start()

    @property
    def responses(self) -> tuple[Response, ...]:
        """What came back so far, in the order of the requests; after one that failed no other is sent."""
        return tuple(self._responses)

    def response(self, seconds: float) -> Response | None:
        """Wait at most so many seconds for the last response; return None if it has not come. Never raises."""
        return self._responses[-1] if self._done.wait(max(0.0, seconds)) else None

    def _attempt(self) -> None:
        try:
            self._exchange()
        except Exception as error:  # noqa: BLE001 - whatever the network does, the report stays
            self._responses.append(Response(failure=self._failure(error)))
        self._done.set()

    def _exchange(self) -> None:
        try:
            authority = _authority(self._environment)
        except OSError:  # no such file, or none with certificates in it
            self._responses.append(Response(failure=Failure.AUTHORITY))
            return
        proxy = proxy_for(self._url, self._environment)
        client = httpx.Client(
            verify=authority,
            # An https proxy's own certificate is judged by the same authorities as the receiver's.
            proxy=httpx.Proxy(proxy, ssl_context=authority if proxy.lower().startswith("https:") else None)
            if proxy
            else None,
            trust_env=False,
            follow_redirects=False,
            timeout=self._seconds,
        )
        with client:
            for request in self._requests:
                self._responses.append(self._answer(client, request))

    def _answer(self, client: httpx.Client, request: Request) -> Response:
        with client.stream(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            extensions={"trace": self._step},
        ) as stream:
            body = b""
            for piece in stream.iter_raw():
                body += piece
                if len(body) >= self._answer_bytes:
                    break
            return Response(stream.status_code, body[: self._answer_bytes])

    def _step(self, event: str, info: dict[str, Any]) -> None:
        self._past_proxy = self._past_proxy or event in _BEYOND_PROXY
        self._gate.step(event, info)

    @property
    def _url(self) -> str:
        return self._requests[0].url

    def _failure(self, error: BaseException) -> Failure:
        """Return the kind of failure, from the error and its causes."""
        if isinstance(error, _ClosedError):
            return Failure.WITHDRAWN
        if isinstance(error, _UnwritableError):
            return Failure.STORE
        chain = tuple(_chain(error))
        wants_certificate = any(map(wants_client_certificate, chain))
        if self._gate.passed and wants_certificate:  # TLS 1.3 tells it at the first read
            return Failure.CLIENT_CERTIFICATE
        if self._gate.passed:
            return Failure.TIME if isinstance(error, httpx.TimeoutException) else Failure.BROKEN_OFF
        if isinstance(error, UnusableProxyError):
            return Failure.PROXY
        if proxy_for(self._url, self._environment) and not self._past_proxy:
            return Failure.PROXY
        if wants_certificate:
            return Failure.CLIENT_CERTIFICATE
        kinds = tuple(map(type, chain))
        if any(issubclass(kind, ssl.SSLCertVerificationError) for kind in kinds):
            return Failure.CERTIFICATE
        if any(issubclass(kind, ssl.SSLError) for kind in kinds):
            return Failure.TLS
        if any(issubclass(kind, socket.gaierror) for kind in kinds):
            return Failure.NAME
        return Failure.TIME if issubclass(kinds[0], httpx.TimeoutException) else Failure.CONNECTION


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _authority(environment: Environment) -> ssl.SSLContext:
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file or folder:
        context = ssl.create_default_context(cafile=file or None, capath=folder or None)
    else:
        context = httpx.create_ssl_context(trust_env=False)
    context.sslsocket_class = client_certificate.Socket
    return context
