"""What the server says about itself: `GET /health` on a short connection of our own, which is not counted."""

import asyncio
import contextlib
import json
import math
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from shimmy_metrics.serve.interfaces import Server

SHIMMY: Final = "shimmy"

ASK_AGAIN_SECONDS: Final = 0.5
"""How long after a server was too busy to answer it is asked again; the pause doubles each time."""

ASK_LAST_SECONDS: Final = 30.0
"""The longest such pause, and how long an answer is trusted."""

_SECONDS: Final = 2.0
_ANSWER_BYTES: Final = 65_536
_VERSION: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+.][0-9A-Za-z.]{1,20})?")
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")


class ServerIdentity(NamedTuple):
    """`server` is `shimmy` or empty; `version` is what it calls its version, empty where that looks like none."""

    server: str = ""
    version: str = ""


class HealthPoll:
    """Asks one server who it is, one question at a time, until it answers.

    `host_field` is the request's Host field. `admits` is called after each connect: a server that has ended is not
    asked. Must be used in the loop's thread.
    """

    def __init__(self, server: Server, host_field: str, admits: Callable[[], bool] = lambda: True) -> None:
        self._server = server
        self._host_field = host_field
        self._admits = admits
        self._asking: asyncio.Task[None] | None = None
        self._answered_at = -math.inf
        self._asked_host = ""

    def ask(self, on_answer: Callable[[ServerIdentity], None]) -> None:
        """Have `on_answer` called with the answer; nothing is done while an earlier question is open."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._until_answered(on_answer))

    def ask_again(self, on_answer: Callable[[ServerIdentity], None]) -> None:
        """Ask if the last answer is old, in doubt, or another address's."""
        old = asyncio.get_running_loop().time() - self._answered_at >= ASK_LAST_SECONDS
        if old or self._server.host != self._asked_host:
            self.ask(on_answer)

    def doubt(self) -> None:
        """No longer trust the last answer: a connection failed, so the next server there may be another one."""
        self._answered_at = -math.inf

    def stop(self) -> None:
        """Stop asking, until the next `ask`."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _until_answered(self, on_answer: Callable[[ServerIdentity], None]) -> None:
        pause = ASK_AGAIN_SECONDS
        while (identity := await self._ask()) is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, ASK_LAST_SECONDS)
        self._answered_at = asyncio.get_running_loop().time()
        on_answer(identity)

    async def _ask(self) -> ServerIdentity | None:
        """Return what the server says it is, None if it gave no answer within 2 s. Never raises."""
        reader = asyncio.StreamReader()
        try:
            async with asyncio.timeout(_SECONDS):
                transport = await self._server.connect(lambda: asyncio.StreamReaderProtocol(reader))
                self._asked_host = self._server.host
                try:
                    if not self._admits():
                        return None
                    # HTTP/1.0: the answer is never chunked and ends with its connection.
                    transport.write(f"GET /health HTTP/1.0\r\nHost: {self._host_field}\r\n\r\n".encode())
                    return parse_identity(await _answer(reader))
                finally:
                    transport.abort()
        except (OSError, TimeoutError):
            return None


def parse_identity(answer: bytes) -> ServerIdentity | None:
    """Parse a whole HTTP answer; None if it is none, or says that the server cannot answer now (429, 5xx)."""
    head, end, body = answer.partition(b"\r\n\r\n")
    status = _STATUS.match(head)
    if not end or status is None or status[1] == b"429" or status[1] >= b"500":
        return None
    found: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(body)
    if not isinstance(found, dict) or found.get("service") != SHIMMY:
        return ServerIdentity()
    version = found.get("version")
    known = isinstance(version, str) and _VERSION.fullmatch(version) is not None
    return ServerIdentity(SHIMMY, str(version) if known else "")


async def _answer(reader: asyncio.StreamReader) -> bytes:
    data = b""
    while len(data) < _ANSWER_BYTES:
        piece = await reader.read(_ANSWER_BYTES)
        if not piece:
            break
        data += piece
    return data
