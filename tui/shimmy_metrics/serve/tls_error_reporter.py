"""TLS that stops working while clients are served: each cause is printed once, since clients only see a reset."""

import asyncio
import ssl
import threading
from collections.abc import Callable

from shimmy_metrics.serve.interfaces import Server
from shimmy_metrics.serve.relay_log import log_while_on
from shimmy_metrics.serve.tls_error_causes import cause_of
from shimmy_metrics.serve.upstream import Url
from shimmy_metrics.system.client_certificate import wants_client_certificate
from shimmy_metrics.system.profile import Profile

_Kind = tuple[str, int]


class TlsErrorReporter:
    """Connects to an upstream, and prints why no TLS connection could be made; again after one succeeded.

    A refusal after the handshake, as TLS 1.3 has them, is printed once: that the handshake succeeds is no news then.
    `print_line` prints one line. It runs in a thread of its own, since standard error and the disk may be slow.
    """

    def __init__(self, server: Server, url: Url, profile: Profile, print_line: Callable[[str], None]) -> None:
        self._server = server
        self._url = url
        self._profile = profile
        self._print_line = print_line
        self._reported: set[_Kind] = set()
        self._refused: set[_Kind] = set()

    @property
    def host(self) -> str:
        """The numeric address that new connections go to now."""
        return self._server.host

    async def connect(self, new_protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
        """Connect a protocol to the server. Raises `OSError`."""
        try:
            transport = await self._server.connect(new_protocol)
        except ssl.SSLEOFError:  # the server hung up, as one does that is being restarted
            raise
        except ssl.SSLError as error:
            self._report(error, self._reported)
            raise
        self._reported.clear()
        return transport

    def broken(self, error: Exception) -> None:
        """Learn that a connection broke; print why where the server refused us for having no certificate."""
        if isinstance(error, ssl.SSLError) and wants_client_certificate(error):
            self._report(error, self._refused)

    def _report(self, error: ssl.SSLError, reported: set[_Kind]) -> None:
        kind = (error.reason, getattr(error, "verify_code", 0))
        if kind not in reported:
            reported.add(kind)
            threading.Thread(target=self._print, args=(error,), daemon=True, name="tls-error").start()

    def _print(self, error: ssl.SSLError) -> None:
        cause = cause_of(error, self._url.host, self._profile.environment.variables)
        self._print_line(f"{self._url.text}: {cause.what}, so clients are reset. {cause.remedy}")
        log_while_on(self._profile, "no TLS connection with the upstream could be made", error)
