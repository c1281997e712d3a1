"""What `support.instructions` counts: `python -m support.hot_paths` walks each path in two processes, one by one.

The first walks it `FEW` times, the second `MOST` times; both are forked from where all is loaded and made, so they
differ by the walking alone. What the kernel does is no part of it: the sockets are stand-ins, and nothing waits.
"""

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from shimmy_metrics.aggregate import Aggregate
from shimmy_metrics.meter.tap import Tap
from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.asgi import Programme, Receiver
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.row import stored_row
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome, StoredRow
from shimmy_metrics.serve.ends import ClientEnd, ServerEnd
from support.report_load import plain
from support.wire import USAGE, answer, chat, chunked, delta

FEW, MOST = 20, 220

ASKED: Final = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:11435\r\nAccept-Encoding: gzip, deflate\r\n"
    b"Connection: keep-alive\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
    b"User-Agent: OpenAI/Python 3.57.0\r\nX-Stainless-Lang: python\r\nX-Stainless-Package-Version: 3.57.0\r\n"
    b"X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\nContent-Length: 95\r\n\r\n"
) + b"x" * 95
"""A request of OpenAI's client for Python."""

MORE: Final = "vary: origin\r\naccess-control-allow-credentials: true\r\ndate: Tue, 24 Nov 2026 10:00:00 GMT\r\n"
"""What Shimmy's answers have among their headers."""

Walk = Callable[[int], None]
"""Walks a path so many times."""


def _yardstick() -> Walk:
    """Return plain Python of the kind that the paths are made of: calls, slices, dictionaries, a hash."""

    def fields(head: bytes) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            found[name.lower()] = value.strip()
        return found

    def walk(times: int) -> None:
        for _ in range(times):
            head, _, body = ASKED.partition(b"\r\n\r\n")
            assert int(fields(head)[b"content-length"]) == len(body)
            blake2b(body, digest_size=8).digest()

    return walk


def _exchange() -> Walk:
    """Return requests and JSON answers that are relayed and metered."""
    client, server, aggregate = _connection()
    told = answer(chat("Hello there, you.", usage=USAGE), more=MORE)

    def walk(times: int) -> None:
        for _ in range(times):
            client(ASKED)
            server(told)
        assert aggregate.snapshot(time.monotonic()).requests == times

    return walk


def _event() -> Walk:
    """Return the events of one stream, each in a chunk and a read of its own."""
    pieces = [delta(f" word{number % 100:02}") for number in range(MOST)]
    client, server, aggregate = _connection()
    client(ASKED)
    server(chunked([]).removesuffix(b"0\r\n\r\n"))
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]

    def walk(times: int) -> None:
        for chunk in chunks[:times]:
            server(chunk)
        server(b"0\r\n\r\n")
        assert aggregate.snapshot(time.monotonic()).tokens == times

    return walk


def _report() -> Walk:
    """Return reports that a receiver judges, answers and stores, all of them in one transaction."""
    today = datetime.now(UTC).date()
    load = plain(18, today)
    bodies = [next(load).body for _ in range(MOST)]
    rows: list[StoredRow] = []
    answers: list[int] = []
    counted: Counter[str] = Counter()

    async def store(reports: Sequence[Accepted]) -> list[Outcome]:
        rows.extend(stored_row(each, (b"k" * 32,)) for each in reports)
        return [Outcome.STORED for _ in reports]

    async def recall(_: str) -> None:
        """Nothing is recalled."""

    async def send(message: Mapping[str, Any]) -> None:
        answers.append(message.get("status", 0))

    receiver = Receiver(store, recall, Programme, counted.update, today=lambda: today)

    def walk(times: int) -> None:
        for body in bodies[:times]:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            scope = {"method": "POST", "path": "/v1/usage", "headers": headers, "client": ("127.0.0.1", 1)}
            _run(receiver(scope, partial(_received, body), send))
        with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(prepared(Path(folder, "data")))) as stored:
            assert stored.append(today, rows) == [Outcome.STORED] * times
        assert answers == [200, 0] * times, (answers[:2], counted)

    return walk


async def _received(body: bytes) -> dict[str, Any]:
    return {"type": "http.request", "body": body}


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what never waits to its end."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def tap() -> tuple[Tap, Aggregate]:
    """Return a tap as `serve` makes one, and what it folds into."""
    aggregate = Aggregate(time.monotonic())
    return Tap(
        partial(aggregate.fold, day="2026-11-28"),
        lambda name: blake2b(name, digest_size=8, key=b"k" * 32).digest(),
        time.monotonic,
    ), aggregate


class _Socket(asyncio.Transport):
    """Takes what is written."""

    def write(self, data: object) -> None: ...

    def can_write_eof(self) -> bool:
        return True

    def resume_reading(self) -> None: ...


def _connection() -> tuple[Callable[[bytes], None], Callable[[bytes], None], Aggregate]:
    """Return what takes the client's and the server's bytes of one metered connection, and what these fold into."""
    meter, aggregate = tap()
    client = ClientEnd(lambda: meter, lambda _: None)
    server = ServerEnd(client)
    server.connection_made(_Socket())
    client.connection_made(_Socket())
    return client.data_received, server.data_received, aggregate


PATHS: Final[Mapping[str, Callable[[], Walk]]] = {
    "yardstick": _yardstick,
    "exchange": _exchange,
    "event": _event,
    "report": _report,
}


def main() -> None:
    """Walk each path."""
    for made in PATHS.values():
        walk = made()
        for times in (FEW, MOST):
            child = os.fork()
            if not child:
                walk(times)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    main()
