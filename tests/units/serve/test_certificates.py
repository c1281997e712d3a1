"""Each way in which TLS to an upstream can fail has its own line that says what to do, on each event loop."""

import asyncio
import contextlib
import datetime as dt
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from shimmy_metrics.errors import UserError
from shimmy_metrics.serve.tls import connect_tls
from shimmy_metrics.serve.tls_error_reporter import TlsErrorReporter
from shimmy_metrics.serve.upstream import parse_url, reach
from support.samples import profile

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
AUTHORITY = trustme.CA()
STRANGER = trustme.CA()


def _issued(name: str, begins: dt.datetime | None = None, ends: dt.datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name, not_before=begins, not_after=ends).configure_cert(context)
    return context


def _wanting(version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return what a server that wants a certificate of its clients has."""
    context = _issued("127.0.0.1")
    AUTHORITY.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    return context


def _of_another_cipher() -> ssl.SSLContext:
    """Return what a server has that knows no cipher which is still used."""
    context = _issued("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA")
    return context


def _tls(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    return lambda behind: context.wrap_socket(behind, server_side=True).close()


def _plain(behind: socket.socket) -> None:
    behind.recv(1_000)
    behind.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _nothing(behind: socket.socket) -> None:
    behind.recv(1_000)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder of files that SSL_CERT_FILE could name."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    STRANGER.cert_pem.write_to_path(str(tmp_path / "stranger.pem"))
    (tmp_path / "words.txt").write_text("no certificate")
    (tmp_path / "empty.pem").touch()
    return tmp_path


@contextmanager
def _serving(server: socket.socket, speak: Callable[[socket.socket], None]) -> Iterator[None]:
    """Have such a server speak on each connection inside the block."""

    def accept() -> None:
        with contextlib.suppress(OSError):  # the end, below
            while True:
                answer(server.accept()[0])

    def answer(accepted: socket.socket) -> None:
        with contextlib.suppress(OSError), accepted as behind:
            speak(behind)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _said(loop: asyncio.AbstractEventLoop, server: socket.socket, speak: Callable[[socket.socket], None]) -> str:
    """Return the line with which such an upstream is refused, empty if it is accepted."""
    variables = {"SSL_CERT_FILE": os.environ["SSL_CERT_FILE"]} if "SSL_CERT_FILE" in os.environ else {}
    try:
        with _serving(server, speak):
            loop.run_until_complete(reach(parse_url(f"https://127.0.0.1:{server.getsockname()[1]}"), variables))
    except UserError as error:
        return str(error)
    finally:
        loop.close()
    return ""


@pytest.mark.parametrize(
    ("file", "speak", "line"),
    [
        ("authority.pem", _tls(_issued("127.0.0.1")), ""),
        (
            "",
            _tls(_issued("127.0.0.1")),
            "is not known here. Name a file with that authority's certificate in SSL_CERT",
        ),
        ("stranger.pem", _tls(_issued("127.0.0.1")), "is not known from {file}. Name a file with that authority's"),
        ("authority.pem", _tls(_issued("localhost")), "is for another host than 127.0.0.1. Give the name that the"),
        (
            "authority.pem",
            _tls(_issued("127.0.0.1", NOW - 2 * DAY, NOW - DAY)),
            "its certificate has expired. Renew it on that server, or set this machine's clock right",
        ),
        (
            "authority.pem",
            _tls(_issued("127.0.0.1", NOW + DAY, NOW + 2 * DAY)),
            "its certificate is not valid yet. Set the clocks of this machine and of that server right",
        ),
        ("no-such.pem", _tls(_issued("127.0.0.1")), "SSL_CERT_FILE cannot be read: {file}: no such file or directory."),
        (".", _tls(_issued("127.0.0.1")), "SSL_CERT_FILE cannot be read: {file}: is a directory. Name a file that can"),
        ("words.txt", _tls(_issued("127.0.0.1")), "SSL_CERT_FILE holds no certificate in PEM form: {file}. Name a"),
        ("empty.pem", _tls(_issued("127.0.0.1")), "SSL_CERT_FILE holds no certificate in PEM form: {file}. Name a"),
        (
            "authority.pem",
            _tls(_wanting(ssl.TLSVersion.TLSv1_3)),
            "it wants a certificate of its clients, which this proxy does not have. Give an address of it where it",
        ),
        (
            "authority.pem",
            _tls(_wanting(ssl.TLSVersion.TLSv1_2)),
            "it wants a certificate of its clients, which this proxy does not have. Give an address of it where it",
        ),
        (
            "authority.pem",
            _tls(_of_another_cipher()),
            "no TLS connection could be made: SSLV3_ALERT_HANDSHAKE_FAILURE. Look at its TLS settings",
        ),
        ("authority.pem", _plain, "it answered, but not in TLS. Give http:// where it speaks that"),
        ("authority.pem", _nothing, "it ended the connection instead of speaking TLS. Give http:// where it"),
    ],
)
def test_each_failure_has_its_own_line_and_remedy(
    loop: asyncio.AbstractEventLoop,
    server: socket.socket,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    speak: Callable[[socket.socket], None],
    line: str,
) -> None:
    if file:
        monkeypatch.setenv("SSL_CERT_FILE", str(files / file))
    told = _said(loop, server, speak)
    assert line.format(file=files / file) in told
    assert bool(told) == bool(line)
    assert "Start that server" not in told


def test_the_address_where_somebody_answered_tells_most(
    loop: asyncio.AbstractEventLoop, server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(0, 0, 0, "", (host, 0)) for host in ("127.0.0.2", "127.0.0.1", "127.0.0.3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)  # nothing listens at the first and the last
    assert "is not known here" in _said(loop, server, _tls(_issued("127.0.0.1")))


def test_a_refusal_after_the_handshake_is_learned_also_where_a_write_fails_first(
    loop: asyncio.AbstractEventLoop, server: socket.socket
) -> None:
    """Over loopback the reset that follows the refusal is there before what was written at once."""
    ours = ssl.create_default_context()
    AUTHORITY.configure_trust(ours)
    lost = loop.create_future()

    class Ended(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            lost.set_result(exc)

    async def end() -> None:
        port = server.getsockname()[1]
        (await connect_tls("127.0.0.1", port, ours, "127.0.0.1", Ended)).write(b"x" * 1_000_000)
        await lost

    with _serving(server, _tls(_wanting(ssl.TLSVersion.TLSv1_3))):
        loop.run_until_complete(end())
    loop.close()
    assert lost.result().reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED"


def _no_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (_no_tls(), 1),
        (ssl.SSLEOFError(8, "it is being started again"), 0),
        (ConnectionRefusedError(), 0),
    ],
)
def test_only_tls_errors_are_printed_and_each_once(tmp_path: Path, error: OSError, lines: int) -> None:
    class Failing:
        host = "127.0.0.1"

        async def connect(self, _: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
            raise error

    told: list[str] = []
    server = TlsErrorReporter(Failing(), parse_url("https://localhost"), profile(tmp_path), told.append)
    for _ in range(2):
        with pytest.raises(type(error)):
            asyncio.run(server.connect(asyncio.Protocol))
    for thread in threading.enumerate():
        if thread.name == "tls-error":
            thread.join()
    assert len(told) == lines
