"""What the server says of itself: `GET /health` on a short connection of our own, which is not counted."""

import asyncio
import contextlib
import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

SHIMMY: Final = "shimmy"

ASK_AGAIN_SECONDS: Final = 0.5
"""How long after a server gave no answer, being busy, it is asked again; then twice as long each time."""

ASK_LAST_SECONDS: Final = 30.0
"""The longest such pause, and for how long an answer is taken as true."""

_SECONDS: Final = 2.0
_ANSWER_BYTES: Final = 65_536
_VERSION: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+.][0-9A-Za-z.]{1,20})?")
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")

Connect = Callable[[Callable[[], asyncio.Protocol]], Awaitable[asyncio.Transport]]
"""Connects a protocol with the server; raises `OSError`."""


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """`server` is `shimmy` or empty; `version` its own version, empty where it tells none that looks like one."""

    server: str = ""
    version: str = ""


class HealthPoll:
    """Asks one server for its name: behind everything else, one question at a time, until it answers.

    `host` is the request's Host field. `admits` is asked after each connect: a server that has ended is not asked. Must
    be used in the loop's thread.
    """

    def __init__(self, connect: Connect, host: str, admits: Callable[[], bool]) -> None:
        self._connect = connect
        self._host = host
        self._admits = admits
        self._asking: asyncio.Task[None] | None = None
        self._answered = -math.inf

    def ask(self, told: Callable[[ServerIdentity], None]) -> None:
        """Give `told` the answer; nothing is done while an earlier question is open."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._until_answered(told))

    def ask_again(self, told: Callable[[ServerIdentity], None]) -> None:
        """Ask where the last answer is old, or in doubt."""
        if asyncio.get_running_loop().time() - self._answered >= ASK_LAST_SECONDS:
            self.ask(told)

    def doubt(self) -> None:
        """Hold the answer for old: a connection failed, so another server may be there when one stands again."""
        self._answered = -math.inf

    def stop(self) -> None:
        """Ask no more, until the next `ask`."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _until_answered(self, told: Callable[[ServerIdentity], None]) -> None:
        pause = ASK_AGAIN_SECONDS
        while (named := await self._ask()) is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, ASK_LAST_SECONDS)
        self._answered = asyncio.get_running_loop().time()
        told(named)

    async def _ask(self) -> ServerIdentity | None:
        """Return how the server names itself, or None where it gave no answer within 2 s. Never raises."""
        reader = asyncio.StreamReader()
        try:
            async with asyncio.timeout(_SECONDS):
                transport = await self._connect(lambda: asyncio.StreamReaderProtocol(reader))
                try:
                    if not self._admits():
                        return None
                    # HTTP/1.0: the answer comes in one piece and ends with its connection.
                    transport.write(f"GET /health HTTP/1.0\r\nHost: {self._host}\r\n\r\n".encode())
                    return parse_identity(await _answer(reader))
                finally:
                    transport.abort()
        except (OSError, TimeoutError):
            return None


def parse_identity(answer: bytes) -> ServerIdentity | None:
    """Read a whole HTTP answer; None where it is none, or says that the server cannot answer now (429, 5xx)."""
    head, found, body = answer.partition(b"\r\n\r\n")
    status = _STATUS.match(head)
    if not found or status is None or status[1] == b"429" or status[1] >= b"500":
        return None
    told: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        told = json.loads(body)
    if not isinstance(told, dict) or told.get("service") != SHIMMY:
        return ServerIdentity()
    version = told.get("version")
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
