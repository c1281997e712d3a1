"""The one POST, against real sockets that stall or fail at each step; and the gate before its bytes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from shimmy_metrics.delivery.post import Gate, Post, Response
from shimmy_metrics.delivery.request import next_request
from shimmy_metrics.records import Failure
from shimmy_metrics.system.environment import Environment
from support.certificates import issue
from support.queued import report
from support.receiver import Receiver

SECONDS = 5.0


@contextmanager
def _server(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Serve one connection in a thread; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    serve(connection)
            except OSError:
                pass

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(SECONDS)
    assert not thread.is_alive()


def _post(url: str, gate: Gate, variables: dict[str, str] | None = None, seconds: float = SECONDS) -> Response | None:
    request = next_request([report(1)], url)
    assert request is not None
    return Post([request], Environment(variables or {}), gate, seconds).response(seconds)


def _all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65_536):
        data += piece
    return data


def test_nothing_leaves_where_the_gate_is_closed_when_the_connection_stands() -> None:
    came: list[bytes] = []
    gate = Gate(lambda: False)
    with _server(lambda connection: came.append(_all(connection))) as port:
        assert _post(f"http://127.0.0.1:{port}/v1/usage", gate) == Response(failure=Failure.WITHDRAWN)
    assert came == [b""]
    assert not gate.passed


def test_no_body_leaves_where_the_gate_closes_behind_the_head() -> None:
    came: list[bytes] = []
    asked: list[bool] = []

    def once() -> bool:
        asked.append(True)
        return len(asked) == 1

    gate = Gate(once)
    with _server(lambda connection: came.append(_all(connection))) as port:
        assert _post(f"http://127.0.0.1:{port}/v1/usage", gate) == Response(failure=Failure.WITHDRAWN)
    (data,) = came
    assert data.startswith(b"POST /v1/usage HTTP/1.1\r\n")
    assert data.endswith(b"\r\n\r\n")
    assert gate.passed  # the head went: whoever listens knows that there is a report


def test_a_closed_gate_lets_nothing_out_however_far_the_connection_is() -> None:
    reached, may_go_on = threading.Event(), threading.Event()
    came: list[bytes] = []

    def slow() -> bool:
        reached.set()
        return may_go_on.wait(SECONDS)

    gate = Gate(slow)
    with _server(lambda connection: came.append(_all(connection))) as port:
        request = next_request([report(1)], f"http://127.0.0.1:{port}/v1/usage")
        assert request is not None
        post = Post([request], Environment(), gate, SECONDS)
        assert reached.wait(SECONDS)
        closing = threading.Thread(target=gate.close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()  # it waits for the step that is being asked, so that its answer counts for good
        may_go_on.set()
        closing.join(SECONDS)
        assert post.response(SECONDS) == Response(failure=Failure.WITHDRAWN)
    assert b"session_id" not in came[0]


def test_a_step_that_cannot_be_written_down_lets_nothing_out() -> None:
    def unwritable() -> bool:
        raise OSError("no space left on device")

    came: list[bytes] = []
    gate = Gate(unwritable)
    with _server(lambda connection: came.append(_all(connection))) as port:
        assert _post(f"http://127.0.0.1:{port}/v1/usage", gate) == Response(failure=Failure.STORE)
    assert came == [b""]


def test_the_gate_is_behind_tls_and_not_at_a_proxy_s_connect(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("receiver.example").configure_cert(context)
    events: list[str] = []

    def proxy(connection: socket.socket) -> None:
        assert connection.recv(65_536).startswith(b"CONNECT receiver.example:443 HTTP/1.1\r\n")
        events.append("CONNECT")
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as secure:
            while b"}}" not in secure.recv(65_536):
                pass
            events.append("body")
            secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    def permits() -> bool:
        events.append("asked")
        return True

    with _server(proxy) as port:
        variables = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
        assert _post("https://receiver.example/v1/usage", Gate(permits), variables) == Response(204, b"")
    assert events == ["CONNECT", "asked", "asked", "body"]


def _secured(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("proxy_known", "receiver_known", "outcome"),
    [
        (False, True, Response(failure=Failure.PROXY)),
        (True, False, Response(failure=Failure.CERTIFICATE)),
        (True, True, Response(204)),
    ],
)
def test_behind_an_https_proxy_each_certificate_is_judged_as_its_own(
    tmp_path: Path, proxy_known: bool, receiver_known: bool, outcome: Response
) -> None:
    known, unknown = trustme.CA(), trustme.CA()
    known.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    outer = _secured(known if proxy_known else unknown, "localhost")
    inner = _secured(known if receiver_known else unknown, "receiver.example")

    def proxy(connection: socket.socket) -> None:
        with outer.wrap_socket(connection, server_side=True) as to_proxy:
            assert to_proxy.recv(65_536).startswith(b"CONNECT receiver.example:443 HTTP/1.1\r\n")
            to_proxy.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _answer_within(to_proxy, inner)

    with _server(proxy) as port:
        variables = {"HTTPS_PROXY": f"https://localhost:{port}", "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
        assert _post("https://receiver.example/v1/usage", Gate(lambda: True), variables) == outcome


def _answer_within(outer: ssl.SSLSocket, context: ssl.SSLContext) -> None:
    """Serve TLS inside of TLS, which a socket cannot wrap twice: take one request and answer 204."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    inner = context.wrap_bio(came, goes, server_side=True)

    def step(call: Callable[[], bytes | None]) -> bytes:
        while True:
            try:
                return call() or b""
            except ssl.SSLWantReadError:
                outer.sendall(goes.read())
                more = outer.recv(65_536)
                if not more:
                    raise ConnectionResetError from None  # who distrusts the certificate just goes
                came.write(more)

    step(inner.do_handshake)
    while b"}}" not in step(lambda: inner.read(65_536)):
        pass
    inner.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    outer.sendall(goes.read())


@pytest.mark.parametrize("redirect", [301, 302, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(redirect: int) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        head = f"HTTP/1.1 {redirect} Moved\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())
        _all(connection)

    with _server(answer) as port:
        assert _post(f"http://127.0.0.1:{port}/v1/usage", Gate(lambda: True)) == Response(redirect)


def _reset(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _plain(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    _all(connection)


def test_what_failed_is_told_by_its_kind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    gate = Gate(lambda: True)
    assert _post(f"http://127.0.0.1:{port}/v1/usage", gate) == Response(failure=Failure.CONNECTION)
    assert not gate.passed
    proxied = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
    assert _post("https://receiver.example/v1/usage", gate, proxied) == Response(failure=Failure.PROXY)
    with _server(_plain) as port:
        assert _post(f"https://localhost:{port}/v1/usage", gate) == Response(failure=Failure.TLS)
    missing = {"SSL_CERT_FILE": str(tmp_path / "missing.pem")}
    assert _post(f"https://localhost:{port}/v1/usage", gate, missing) == Response(failure=Failure.AUTHORITY)
    with Receiver(tmp_path) as receiver:  # whose authority is not known here
        assert _post(receiver.url, gate) == Response(failure=Failure.CERTIFICATE)
    assert not gate.passed
    with _server(_reset) as port:
        assert _post(f"http://127.0.0.1:{port}/v1/usage", gate) == Response(failure=Failure.BROKEN_OFF)
    assert gate.passed


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_receiver_that_asks_for_a_client_s_certificate_is_told_as_one(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made = issue(tmp_path)
    context.load_cert_chain(made.chain, made.key)
    context.load_verify_locations(made.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    gate = Gate(lambda: True)
    with _server(lambda connection: context.wrap_socket(connection, server_side=True)) as port:
        variables = {"SSL_CERT_FILE": str(made.authority)}
        response = _post(f"https://localhost:{port}/v1/usage", gate, variables)
    assert response == Response(failure=Failure.CLIENT_CERTIFICATE)
    assert gate.passed is (version is ssl.TLSVersion.TLSv1_3)  # where it comes after the handshake


def test_a_mute_handshake_takes_its_time_and_no_byte() -> None:
    gate = Gate(lambda: True)
    with _server(_all) as port:
        assert _post(f"https://localhost:{port}/v1/usage", gate, {}, 0.3) in (None, Response(failure=Failure.TIME))
        assert not gate.close()


def test_of_an_answer_a_bounded_part_is_read() -> None:
    def endless(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1_000):
            connection.sendall(bytes(100_000))

    with _server(endless) as port:
        answer = _post(f"http://127.0.0.1:{port}/v1/usage", Gate(lambda: True))
    assert answer is not None
    assert (answer.status, len(answer.body)) == (200, 65_536)
