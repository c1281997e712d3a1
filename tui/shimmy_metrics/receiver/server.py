"""Run the receiver: uvicorn with a deadline on every connection, and without a log."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import uvicorn

from shimmy_metrics.receiver.deadline import DEADLINE_SECONDS, Count, DeadlineProtocol

_DRAIN_SECONDS: Final = 15
"""After a signal: a request that has begun is complete, or closed, within its deadline, and then answered."""

_IDLE_SECONDS: Final = 5
_LOGGERS: Final = ("uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio")
"""Some of their messages hold an address."""


T = TypeVar("T")


class Server(uvicorn.Server):
    """Serves an ASGI callable at a socket that listens, until a signal comes; then it answers what has begun.

    `listening` is called once connections are taken; `count` is told the rules that connections broke, and each error
    that no code expected. `around` is entered in the event loop before that, and left after the last answer.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        tls: ssl.SSLContext | None,
        listening: Callable[[], None],
        count: Count,
        around: contextlib.AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                http=DeadlineProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                workers=1,  # where these two are not given, uvicorn reads them from the environment
                forwarded_allow_ips="",
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )
        self._tls = tls
        self._listening = listening
        self._count = count
        self._around = around or contextlib.nullcontext()
        for name in _LOGGERS:
            logging.getLogger(name).disabled = True

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal comes. Raises what entering `around` does."""
        async with self._around:
            await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections. uvicorn's own gives a TLS handshake 60 seconds."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._failed)
        limit = DEADLINE_SECONDS if self._tls else None
        self.servers = [
            await loop.create_server(
                self._protocol, sock=each, ssl=self._tls, ssl_handshake_timeout=limit, ssl_shutdown_timeout=limit
            )
            for each in sockets or []
        ]
        self.started = True
        self._listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Note signals that end the server. uvicorn's own sends them again, and what follows would not be done."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _failed(self, _: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        self._count((f"internal error ({type(context.get('exception')).__name__})",))

    def _protocol(self) -> DeadlineProtocol:
        return DeadlineProtocol(self._count, config=self.config, server_state=self.server_state, app_state={})


def once_a_turn(read: Callable[[], T]) -> Callable[[], T]:
    """Return a function that reads at its first call in each turn of the event loop, for all requests of that turn.

    All of them had come before: none was sent after what it reads has changed.
    """
    kept: list[T] = []

    def read_once() -> T:
        if not kept:
            kept.append(read())
            asyncio.get_running_loop().call_soon(kept.clear)
        return kept[0]

    return read_once
