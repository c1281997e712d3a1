"""The one POST without a network: what the client is asked for, what is read of an answer, what a failure is called."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.limits import ANSWER_BYTES
from shimmy_metrics.records import Failure
from shimmy_metrics.system.client_certificate import ClientCertificateError
from shimmy_metrics.system.environment import Environment
from support.post_client import HEAD, REQUEST, URL, USUAL, Client, as_context, authority, client, post, trace_event
from support.timely import in_time

__all__ = ["client"]


@pytest.mark.parametrize(
    ("variables", "proxy", "authority"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://ada:s3cret@proxy.example:1"}, "http://proxy.example:1", None),
        (
            {"HTTPS_PROXY": "HTTPS://proxy.example:1"},
            "https://proxy.example:1",
            as_context(USUAL, False),
        ),
        ({"HTTPS_PROXY": "socks5://proxy.example:1"}, "socks5://proxy.example:1", None),
    ],
)
def test_the_client_is_asked_for_this_and_nothing_else(
    client: Client, variables: dict[str, str], proxy: str | None, authority: str | None
) -> None:
    gate = Gate(lambda: True)
    assert post(gate, variables) == Response(200, b"the answer")
    by_way_of = client.made.pop("proxy")
    assert (by_way_of and str(by_way_of.url), by_way_of and by_way_of.ssl_context) == (proxy, authority)
    assert client.more["extensions"].pop("trace").__func__ is Post._step
    assert client.made == {
        "verify": as_context(USUAL, False),
        "trust_env": False,
        "follow_redirects": False,
        "timeout": 3.5,
    }
    assert client.asked == ("POST", URL)
    assert client.more == {"headers": list(REQUEST.headers), "content": b"the body", "extensions": {}}
    assert client.thread is not None
    assert (client.thread.name, client.thread.daemon) == ("post", True)


@pytest.mark.parametrize(
    ("variables", "named"),
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
    named: tuple[str | None, str | None],
) -> None:
    monkeypatch.setattr(ssl, "create_default_context", lambda *, cafile, capath: authority(cafile, capath))
    assert post(variables=variables) == Response(200, b"the answer")
    assert client.made["verify"] == as_context(*named)


def test_an_authority_that_is_not_there_is_said_as_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(ssl, "create_default_context", missing)
    assert post(variables={"SSL_CERT_FILE": "/missing"}) == Response(failure=Failure.AUTHORITY)
    assert client.asked == ()


def test_of_a_long_answer_no_more_is_read_than_is_kept(client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a" * (ANSWER_BYTES - 1)
        yield b"b"
        raise AssertionError  # it is enough

    client.pieces = pieces
    assert post() == Response(200, b"a" * (ANSWER_BYTES - 1) + b"b")
    client.pieces = lambda: iter([b"a" * (ANSWER_BYTES - 1), b"bc"])
    assert post() == Response(200, b"a" * (ANSWER_BYTES - 1) + b"b")


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
    (_raise(httpx.ConnectError(""), ClientCertificateError()), Failure.CLIENT_CERTIFICATE),
    (_raise(httpx.ConnectError(""), context=ssl.SSLEOFError()), Failure.TLS),
    (_raise(httpx.ConnectTimeout(""), TimeoutError()), Failure.TIME),
    (_raise(httpx.ConnectError(""), ConnectionRefusedError()), Failure.CONNECTION),
]


@pytest.mark.parametrize(("fail", "failure"), FAILURES)
def test_before_the_first_byte_a_failure_has_its_kind(
    client: Client, fail: Callable[[], None], failure: Failure
) -> None:
    client.fails = fail
    assert post() == Response(failure=failure)


@pytest.mark.parametrize(("fail", "failure"), FAILURES)
@pytest.mark.parametrize("kind", ["proxy", "socks"])
def test_behind_a_proxy_it_is_the_proxy_s_until_tls_with_the_receiver_began(
    client: Client, kind: str, fail: Callable[[], None], failure: Failure
) -> None:
    proxied = {"HTTPS_PROXY": "https://proxy.example:1"}

    def began(event: str) -> Callable[[], None]:
        def fails() -> None:
            client.more["extensions"]["trace"](event, trace_event())
            fail()

        return fails

    client.fails = began("connection.start_tls.started")  # with the proxy itself
    assert post(variables=proxied) == Response(failure=Failure.PROXY)
    client.fails = began(f"{kind}.start_tls.started")
    assert post(variables=proxied) == Response(failure=failure)


def test_a_proxy_that_cannot_be_used_is_one(client: Client) -> None:
    assert post(variables={"HTTPS_PROXY": "quic://proxy.example:1"}) == Response(failure=Failure.PROXY)
    assert client.asked == ()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ReadTimeout(""), Failure.TIME),
        (httpx.WriteTimeout(""), Failure.TIME),
        (httpx.ReadError(""), Failure.BROKEN_OFF),
        (httpx.RemoteProtocolError(""), Failure.BROKEN_OFF),
        (ssl.SSLError(), Failure.BROKEN_OFF),
        (ClientCertificateError(), Failure.CLIENT_CERTIFICATE),
    ],
)
def test_once_a_byte_may_have_left_it_is_the_time_a_break_or_a_certificate(
    client: Client, error: Exception, failure: Failure
) -> None:
    gate = Gate(lambda: True)

    def fail() -> None:
        gate.step(HEAD, trace_event())
        raise error

    client.fails = fail
    assert post(gate) == Response(failure=failure)


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
