"""A stand-in for the HTTP client of the sender."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.system import client_certificate
from shimmy_metrics.system.environment import Environment

URL = "https://receiver.example/v1/usage"


REQUEST = Request(URL, (("Host", "receiver.example"), ("User-Agent", "shimmy-metrics")), b"the body", ())


HEAD = "http11.send_request_headers.started"


USUAL = "the usual authorities"


def authority(*asked: object) -> SimpleNamespace:
    """Stand in for a TLS context: what it was asked for."""
    return SimpleNamespace(asked=asked)


def as_context(*asked: object) -> SimpleNamespace:
    """Return such a stand-in as the client is given it."""
    return SimpleNamespace(asked=asked, sslsocket_class=client_certificate.Socket)


class Client:
    """Stands in for `httpx.Client`: what it was asked for, and what it gives or raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: dict[str, Any] = {}
        self.asked: tuple[Any, ...] = ()
        self.more: dict[str, Any] = {}
        self.thread: threading.Thread | None = None
        self.status = 200
        self.pieces: Callable[[], Iterator[bytes]] = lambda: iter([b"the ", b"answer"])
        self.fails: Callable[[], None] = lambda: None
        monkeypatch.setattr(httpx, "Client", self._client)
        monkeypatch.setattr(httpx, "create_ssl_context", lambda trust_env: authority(USUAL, trust_env))

    def _client(self, **made: object) -> "Client":
        self.made = made
        self.thread = threading.current_thread()
        return self

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def stream(self, *asked: object, **more: object) -> AbstractContextManager[SimpleNamespace]:
        self.asked, self.more = asked, more
        return self._response()

    @contextmanager
    def _response(self) -> Iterator[SimpleNamespace]:
        self.fails()
        yield SimpleNamespace(status_code=self.status, iter_raw=self.pieces)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(monkeypatch)


def post(gate: Gate | None = None, variables: dict[str, str] | None = None) -> Response | None:
    return Post([REQUEST], Environment(variables or {}), gate or Gate(lambda: True), 3.5).response(5.0)


def trace_event(method: bytes = b"POST") -> dict[str, Any]:
    return {"request": SimpleNamespace(method=method)}
