"""The one POST without a network: what the client is asked for, what is read of an answer, what a failure is called."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.limits import ANSWER_BYTES
from shimmy_metrics.records import Failure
from shimmy_metrics.system.environment import Environment
from support.timely import in_time

URL = "https://receiver.example/v1/usage"
REQUEST = Request(URL, (("Host", "receiver.example"), ("User-Agent", "shimmy-metrics")), b"the body", ())
HEAD = "http11.send_request_headers.started"
BODY = "http11.send_request_body.started"


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
        monkeypatch.setattr(httpx, "create_ssl_context", lambda trust_env: f"the usual authorities, {trust_env}")

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


def _post(gate: Gate | None = None, variables: dict[str, str] | None = None) -> Response | None:
    return Post([REQUEST], Environment(variables or {}), gate or Gate(lambda: True), 3.5).response(5.0)


def _event(method: bytes = b"POST") -> dict[str, Any]:
    return {"request": SimpleNamespace(method=method)}


@pytest.mark.parametrize(
    ("variables", "proxy", "authority"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://ada:s3cret@proxy.example:1"}, "http://proxy.example:1", None),
        ({"HTTPS_PROXY": "HTTPS://proxy.example:1"}, "https://proxy.example:1", "the usual authorities, False"),
        ({"HTTPS_PROXY": "socks5://proxy.example:1"}, "socks5://proxy.example:1", None),
    ],
)
def test_the_client_is_asked_for_this_and_nothing_else(
    client: Client, variables: dict[str, str], proxy: str | None, authority: str | None
) -> None:
    gate = Gate(lambda: True)
    assert _post(gate, variables) == Response(200, b"the answer")
    by_way_of = client.made.pop("proxy")
    assert (by_way_of and str(by_way_of.url), by_way_of and by_way_of.ssl_context) == (proxy, authority)
    assert client.more["extensions"].pop("trace").__func__ is Post._step
    assert client.made == {
        "verify": "the usual authorities, False",
        "trust_env": False,
        "follow_redirects": False,
        "timeout": 3.5,
    }
    assert client.asked == ("POST", URL)
    assert client.more == {"headers": list(REQUEST.headers), "content": b"the body", "extensions": {}}
    assert client.thread is not None
    assert (client.thread.name, client.thread.daemon) == ("post", True)


@pytest.mark.parametrize(
    ("variables", "authority"),
    [
        ({"SSL_CERT_FILE": "/file"}, ("/file", None)),
        ({"SSL_CERT_DIR": "/folder"}, (None, "/folder")),
        ({"SSL_CERT_FILE": "/file", "SSL_CERT_DIR": "/folder"}, ("/file", "/folder")),
    ],
)
def test_another_authority_is_the_environment_s(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    authority: tuple[str | None, str | None],
) -> None:
    monkeypatch.setattr(ssl, "create_default_context", lambda cafile, capath: (cafile, capath))
    assert _post(variables=variables) == Response(200, b"the answer")
    assert client.made["verify"] == authority


def test_an_authority_that_is_not_there_is_said_as_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(ssl, "create_default_context", missing)
    assert _post(variables={"SSL_CERT_FILE": "/missing"}) == Response(failure=Failure.AUTHORITY)
    assert client.asked == ()


def test_of_a_long_answer_no_more_is_read_than_is_kept(client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a" * (ANSWER_BYTES - 1)
        yield b"b"
        raise AssertionError  # it is enough

    client.pieces = pieces
    assert _post() == Response(200, b"a" * (ANSWER_BYTES - 1) + b"b")
    client.pieces = lambda: iter([b"a" * (ANSWER_BYTES - 1), b"bc"])
    assert _post() == Response(200, b"a" * (ANSWER_BYTES - 1) + b"b")


def test_an_answer_says_nothing_until_it_came() -> None:
    assert Response() == Response(0, b"", Failure.NONE)


def _raise(error: Exception, cause: Exception | None = None, context: Exception | None = None) -> Callable[[], None]:
    def fail() -> None:
        if context is None:
            raise error from cause
        try:
            raise context
        except OSError:
            raise error  # noqa: B904 - as a library does that does not say what led to it

    return fail


FAILURES = [
    (_raise(httpx.ConnectError("")), Failure.CONNECTION),
    (_raise(OSError()), Failure.CONNECTION),
    (_raise(httpx.ConnectTimeout("")), Failure.TIME),
    (_raise(httpx.ConnectError(""), socket.gaierror()), Failure.NAME),
    (_raise(httpx.ConnectError(""), context=socket.gaierror()), Failure.NAME),
    (_raise(httpx.ConnectError(""), ssl.SSLCertVerificationError()), Failure.CERTIFICATE),
    (_raise(httpx.ConnectError(""), context=ssl.SSLCertVerificationError()), Failure.CERTIFICATE),
    (_raise(httpx.ConnectError(""), ssl.SSLError()), Failure.TLS),
    (_raise(httpx.ConnectError(""), context=ssl.SSLEOFError()), Failure.TLS),
    (_raise(httpx.ConnectTimeout(""), TimeoutError()), Failure.TIME),
    (_raise(httpx.ConnectError(""), ConnectionRefusedError()), Failure.CONNECTION),
]


@pytest.mark.parametrize(("fail", "failure"), FAILURES)
def test_before_the_first_byte_a_failure_has_its_kind(
    client: Client, fail: Callable[[], None], failure: Failure
) -> None:
    client.fails = fail
    assert _post() == Response(failure=failure)


@pytest.mark.parametrize(("fail", "failure"), FAILURES)
@pytest.mark.parametrize("kind", ["proxy", "socks"])
def test_behind_a_proxy_it_is_the_proxy_s_until_tls_with_the_receiver_began(
    client: Client, kind: str, fail: Callable[[], None], failure: Failure
) -> None:
    proxied = {"HTTPS_PROXY": "https://proxy.example:1"}

    def began(event: str) -> Callable[[], None]:
        def fails() -> None:
            client.more["extensions"]["trace"](event, _event())
            fail()

        return fails

    client.fails = began("connection.start_tls.started")  # with the proxy itself
    assert _post(variables=proxied) == Response(failure=Failure.PROXY)
    client.fails = began(f"{kind}.start_tls.started")
    assert _post(variables=proxied) == Response(failure=failure)


def test_a_proxy_that_cannot_be_used_is_one(client: Client) -> None:
    assert _post(variables={"HTTPS_PROXY": "quic://proxy.example:1"}) == Response(failure=Failure.PROXY)
    assert client.asked == ()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ReadTimeout(""), Failure.TIME),
        (httpx.WriteTimeout(""), Failure.TIME),
        (httpx.ReadError(""), Failure.BROKEN_OFF),
        (httpx.RemoteProtocolError(""), Failure.BROKEN_OFF),
        (ssl.SSLError(), Failure.BROKEN_OFF),
    ],
)
def test_once_a_byte_may_have_left_it_is_the_time_or_a_break(
    client: Client, error: Exception, failure: Failure
) -> None:
    gate = Gate(lambda: True)

    def fail() -> None:
        gate.step(HEAD, _event())
        raise error

    client.fails = fail
    assert _post(gate) == Response(failure=failure)


def test_an_answer_is_waited_for_as_long_as_asked(client: Client) -> None:
    may_go_on = threading.Event()

    def fail() -> None:
        may_go_on.wait(5.0)

    client.fails = fail
    post = Post([REQUEST], Environment(), Gate(lambda: True), 3.5)
    began = time.monotonic()
    for seconds in (-1.0, 0.0, 0.1):
        assert post.response(seconds) is None
    took = time.monotonic() - began
    assert took >= 0.1
    assert in_time(took, 0.9)
    may_go_on.set()
    assert post.response(5.0) == Response(200, b"the answer")


def test_the_gate_is_asked_at_two_steps_of_our_request_and_at_no_other() -> None:
    asked: list[str] = []

    def permits() -> bool:
        asked.append("asked")
        return True

    gate = Gate(permits)
    for event in ("connection.connect_tcp.started", "http11.send_request_headers.complete", "http11.receive_response"):
        gate.step(event, _event())
        gate.step(event, {})
    for event in (HEAD, BODY):
        gate.step(event, _event(b"CONNECT"))
    assert (asked, gate.passed) == ([], False)
    gate.step(HEAD, _event())
    assert (asked, gate.passed) == (["asked"], True)
    gate.step(BODY, _event())
    assert asked == ["asked"] * 2
    assert gate.close() is True


def test_a_gate_that_said_no_says_no_for_good() -> None:
    answers = iter([False, True])
    gate = Gate(lambda: next(answers))
    for _ in range(2):
        with pytest.raises(Exception, match=r"^$"):
            gate.step(HEAD, _event())
    assert next(answers)  # it was not asked again
    assert gate.close() is False


def test_a_gate_that_could_not_be_asked_says_no_for_good() -> None:
    def fails() -> bool:
        asked.append(True)
        raise OSError

    asked: list[bool] = []
    gate = Gate(fails)
    for _ in range(2):
        with pytest.raises(Exception, match=r"^$"):
            gate.step(HEAD, _event())
    assert asked == [True]
    assert gate.passed is False


def test_a_closed_gate_is_not_asked() -> None:
    gate = Gate(lambda: True)
    gate.step(HEAD, _event())
    assert gate.close() is True
    with pytest.raises(Exception, match=r"^$"):
        gate.step(BODY, _event())


@pytest.mark.parametrize(("permitted", "failure"), [(False, Failure.WITHDRAWN), (None, Failure.STORE)])
def test_what_the_gate_stopped_is_told_by_why(client: Client, permitted: bool | None, failure: Failure) -> None:
    def permits() -> bool:
        if permitted is None:
            raise OSError
        return permitted

    gate = Gate(permits)
    client.fails = lambda: gate.step(HEAD, _event())
    assert _post(gate) == Response(failure=failure)
