"""A real HTTPS receiver on loopback with a certificate authority of its own, whose behaviour a test can change."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import trustme

from support.responding import respond
from support.servers import free_port

Handler = BaseHTTPRequestHandler
Behaviour = Callable[[Handler, bytes], None]


def accept(handler: Handler, body: bytes) -> None:
    """Accept reports as the real receiver does."""
    response = respond(body)
    _say(handler, response.status, response.body)


def naming(k: object) -> Behaviour:
    """Return a behaviour that accepts reports and names the smallest group that figures are published about."""

    def accept_naming(handler: Handler, body: bytes) -> None:
        response = respond(body)
        _say(handler, response.status, orjson.dumps({**orjson.loads(response.body), "k": k}))

    return accept_naming


def portal(handler: Handler, _: bytes) -> None:
    """Answer 200 with a page, as a captive portal does."""
    _say(handler, 200, b"<html>Please accept our terms</html>")


def status(number: int) -> Behaviour:
    """Return a behaviour that answers with a status alone."""
    return lambda handler, _: _say(handler, number, b"")


def publishing(body: bytes) -> Behaviour:
    """Return a behaviour that answers 200 with this body, as a receiver does whose operator says something."""
    return lambda handler, _: _say(handler, 200, body)


def hang(handler: Handler, _: bytes) -> None:
    """Never answer."""
    time.sleep(8)
    handler.close_connection = True


def redirect(handler: Handler, _: bytes) -> None:
    """Redirect elsewhere, and set a cookie."""
    handler.send_response(307)
    handler.send_header("Location", "/elsewhere")
    handler.send_header("Set-Cookie", "who=you")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def refuse_second(handler: Handler, body: bytes) -> None:
    """Refuse the second report of an array and take the others."""
    reports: list[dict[str, Any]] = orjson.loads(body)
    ids = [each["session_id"] for each in reports]
    refused = [{"id": ids[1], "field": "platform", "rule": "none of its words"}]
    response = respond(body)
    answered = {"sha256": orjson.loads(response.body)["sha256"], "stored": [ids[0], *ids[2:]], "refused": refused}
    _say(handler, 422, orjson.dumps(answered))


def _say(handler: Handler, number: int, body: bytes) -> None:
    handler.send_response(number)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


_NO_CONTENT = status(204)
_NOT_FOUND = status(404)


@dataclass(frozen=True, slots=True)
class Post:
    """One request as it arrived."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Receiver:
    """Listens with TLS on 127.0.0.1 inside its `with` block. `authority` is a file for `SSL_CERT_FILE`.

    `behaviour` answers reports, `recalls` a DELETE, `operator` a GET.
    """

    folder: Path
    behaviour: Behaviour = accept
    recalls: Behaviour = _NO_CONTENT
    operator: Behaviour = _NOT_FOUND
    port: int = 0
    name: str = "localhost"
    received: list[Post] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._authority = trustme.CA()
        self.authority = self.folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.authority))
        self.port = self.port or free_port()

    @property
    def url(self) -> str:
        """The URL to send to."""
        return f"https://{self.name}:{self.port}/v1/usage"

    @property
    def variables(self) -> dict[str, str]:
        """What a command needs to send here."""
        return {"SHIMMY_METRICS_ENDPOINT": self.url, "SSL_CERT_FILE": str(self.authority)}

    def __enter__(self) -> Self:
        receiver = self

        class Arrival(BaseHTTPRequestHandler):
            timeout = 10
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                receiver.connections += 1

            def do_POST(self) -> None:
                receiver.behaviour(self, self._body())

            def do_DELETE(self) -> None:
                receiver.recalls(self, self._body())

            def do_GET(self) -> None:
                receiver.operator(self, self._body())

            def _body(self) -> bytes:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.received.append(Post(self.command, self.path, tuple(self.headers.items()), body))
                return body

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                """Say nothing: a sender that gives up is no error of the receiver's."""

        self._server = Quiet(("127.0.0.1", self.port), Arrival)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(self.name, "127.0.0.1").configure_cert(context)
        # Each connection's thread does its handshake, so that one that hangs delays no other.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
