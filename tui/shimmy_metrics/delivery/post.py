"""The only place that opens an outgoing connection: one POST, name look-up, proxy and TLS within its time.

Certificates are always verified (`SSL_CERT_FILE` and `SSL_CERT_DIR` name another authority, as usual); no redirect is
followed, no cookie kept, no `.netrc` read. A proxy of the environment serves https, never loopback.

The caller is asked for permission twice, by `Gate`: when the connection stands (TLS and proxy behind it), before the
request's first byte, and once more before its body.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from shimmy_metrics.delivery.proxy import UnusableProxyError, proxy_for
from shimmy_metrics.delivery.request import METHOD, Request
from shimmy_metrics.limits import ANSWER_BYTES
from shimmy_metrics.records import Failure
from shimmy_metrics.system.environment import Environment

_GATES: Final = ("http11.send_request_headers.started", "http11.send_request_body.started")
"""httpcore's trace events at which nothing of the head, or of the body, has left yet. A proxy's CONNECT has the first
as well, so the request's method is looked at."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: a status with the body's first `ANSWER_BYTES`, or no answer (status 0) with what went wrong."""

    status: int = 0
    body: bytes = b""
    failure: Failure = Failure.NONE


class Gate:
    """The way out. `permits` is asked, in the connection's thread, at each of the two steps; False ends the attempt.

    Once `close` has returned nothing more is begun, and `passed` says for good whether a byte may have left.
    """

    def __init__(self, permits: Callable[[], bool]) -> None:
        self._permits = permits
        self._lock = threading.Lock()
        self._closed = False
        self.passed = False

    def close(self) -> bool:
        """Let nothing more out; return whether a byte may have left before."""
        self._closed = True  # at once, so that a step that comes while another is asked is not let through first
        with self._lock:
            return self.passed

    def step(self, event: str, info: dict[str, Any]) -> None:
        """Take one of httpcore's trace events. Raises `_ClosedError` where nothing more may leave."""
        if event not in _GATES or info["request"].method != METHOD.encode():
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
    """That something is about to leave could not be written down, so nothing leaves."""


class Post:
    """One request under way, in a thread of its own: a name look-up cannot be interrupted.

    A thread that is still at it when its time is up can send nothing more (`Gate`), and ends with the process.
    """

    def __init__(self, request: Request, environment: Environment, gate: Gate, seconds: float) -> None:
        self._request = request
        self._environment = environment
        self._gate = gate
        self._seconds = seconds
        self._done = threading.Event()
        self._answer = Response(failure=Failure.TIME)
        threading.Thread(target=self._attempt, daemon=True, name="post").start()

    def answer(self, seconds: float) -> Response | None:
        """Return the answer where it came within so many seconds, else None. Never raises."""
        return self._answer if self._done.wait(max(0.0, seconds)) else None

    def _attempt(self) -> None:
        try:
            self._answer = self._exchange()
        except Exception as error:  # noqa: BLE001 - whatever a network can do, the report stays
            self._answer = Response(failure=self._failure(error))
        self._done.set()

    def _exchange(self) -> Response:
        request = self._request
        try:
            authority = _authority(self._environment)
        except OSError:  # no such file, or none with certificates in it
            return Response(failure=Failure.AUTHORITY)
        client = httpx.Client(
            verify=authority,
            proxy=proxy_for(request.url, self._environment) or None,
            trust_env=False,
            follow_redirects=False,
            timeout=self._seconds,
        )
        with (
            client,
            client.stream(
                METHOD,
                request.url,
                headers=list(request.headers),
                content=request.body,
                extensions={"trace": self._gate.step},
            ) as response,
        ):
            body = b""
            for piece in response.iter_raw():
                body += piece
                if len(body) >= ANSWER_BYTES:
                    break
            return Response(response.status_code, body[:ANSWER_BYTES])

    def _failure(self, error: BaseException) -> Failure:
        """Return what went wrong, from the errors that led to this one."""
        if isinstance(error, _ClosedError):
            return Failure.WITHDRAWN
        if isinstance(error, _UnwritableError):
            return Failure.STORE
        if self._gate.passed:
            return Failure.TIME if isinstance(error, httpx.TimeoutException) else Failure.BROKEN_OFF
        if isinstance(error, UnusableProxyError):
            return Failure.PROXY
        kinds = tuple(type(each) for each in _chain(error))
        if any(issubclass(kind, ssl.SSLCertVerificationError) for kind in kinds):
            return Failure.CERTIFICATE
        if any(issubclass(kind, ssl.SSLError) for kind in kinds):
            return Failure.TLS
        if proxy_for(self._request.url, self._environment) or issubclass(kinds[0], httpx.ProxyError):
            return Failure.PROXY
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
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    return httpx.create_ssl_context(trust_env=False)
