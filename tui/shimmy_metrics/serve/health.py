"""What the server says of itself: `GET /health` on a short connection of our own, which is not counted."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shimmy_metrics.serve.target import Target

SHIMMY: Final = "shimmy"

_SECONDS: Final = 2.0
_ANSWER_BYTES: Final = 65_536
_VERSION: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+.][0-9A-Za-z.]{1,20})?")


@dataclass(frozen=True, slots=True)
class Name:
    """`server` is `shimmy` or empty; `version` its own version, empty where it tells none that looks like one."""

    server: str = ""
    version: str = ""


async def ask(target: Target, admits: Callable[[], bool]) -> Name | None:
    """Return how the server names itself, or None where it gave no answer within 2 s. Never raises.

    `admits` is asked after the connect: a server that has ended is not asked.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(
                target.host, target.port, ssl=target.tls, server_hostname=target.name
            )
            try:
                if not admits():
                    return None
                # HTTP/1.0: the answer comes in one piece and ends with its connection.
                host = f"[{target.host}]" if ":" in target.host else target.host
                writer.write(f"GET /health HTTP/1.0\r\nHost: {target.name or host}:{target.port}\r\n\r\n".encode())
                return name(await _answer(reader))
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return None


def name(answer: bytes) -> Name | None:
    """Read a whole HTTP answer; None where it is none."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found or not head.startswith(b"HTTP/1."):
        return None
    told: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        told = json.loads(body)
    if not isinstance(told, dict) or told.get("service") != SHIMMY:
        return Name()
    version = told.get("version")
    known = isinstance(version, str) and _VERSION.fullmatch(version) is not None
    return Name(SHIMMY, str(version) if known else "")


async def _answer(reader: asyncio.StreamReader) -> bytes:
    data = b""
    while len(data) < _ANSWER_BYTES:
        piece = await reader.read(_ANSWER_BYTES)
        if not piece:
            break
        data += piece
    return data
