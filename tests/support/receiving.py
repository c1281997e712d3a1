"""The receiver behind a real socket, in a thread of the test, over a store in memory; and plain requests to it."""

import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from types import TracebackType
from typing import Any, NamedTuple, Self

from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.asgi import Programme, Receiver
from shimmy_metrics.receiver.listener import Address, bind
from shimmy_metrics.receiver.rate import Rate
from shimmy_metrics.receiver.server import Server
from shimmy_metrics.receiver.store import Outcome, Recall, StoredRow
from support.memory_store import MemoryStore

JSON = (("content-type", "application/json"),)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.body)


@dataclass
class Client:
    """Asks the receiver at `port` of 127.0.0.1, from the address `source`."""

    port: int = 0
    source: str = "127.0.0.1"

    def connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=15, source_address=(self.source, 0))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def post(self, body: bytes, headers: Iterable[tuple[str, str]] = JSON, path: str = "/v1/usage") -> Answer:
        return self.ask("POST", path, body, headers)

    def ask(self, method: str, path: str, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> Answer:
        length = [("content-length", str(len(body)))] if body or method == "POST" else []
        return self.send(request(method, path, [*headers, *length]) + body)

    def send(self, data: bytes) -> Answer:
        """Send bytes on a connection of their own; return the first answer, of status 0 where there is none."""
        with self.connect() as made:
            made.sendall(data)
            return read_answer(made)


@dataclass
class Receiving(Client):
    """Listens on 127.0.0.1 inside its `with` block. `counted` are the rules that were broken."""

    store: MemoryStore = field(default_factory=MemoryStore)
    programme: Programme = field(default_factory=Programme)
    trusted_proxy: str = ""
    tls: ssl.SSLContext | None = None
    rate: Rate = field(default_factory=Rate)
    today: Callable[[], date] = lambda: datetime.now(UTC).date()
    counted: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._socket = bind(Address("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        up = threading.Event()
        app = Receiver(
            self._store,
            self._recall,
            lambda: self.programme,
            self._count,
            wait_seconds=self.rate.wait_seconds,
            trusted_proxy=self.trusted_proxy,
            today=self.today,
        )
        self._server = Server(app, self.tls, up.set, self._count)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        assert up.wait(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _store(self, reports: Sequence[Accepted]) -> list[Outcome]:
        rows = [StoredRow(each.report_id.encode(), blake2b(each.body).digest(), ()) for each in reports]
        return self.store.append(self.today(), rows)

    async def _recall(self, report_id: str) -> None:
        self.store.append(self.today(), [Recall(report_id.encode())])

    def _count(self, rules: Iterable[str]) -> None:
        self.counted.update(rules)


def post_request(body: bytes, *headers: tuple[str, str]) -> bytes:
    """Return a whole request that posts `body`."""
    return request("POST", "/v1/usage", [*JSON, *headers, ("content-length", str(len(body)))]) + body


def request(method: str, path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: receiver", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join((*lines, "", "")).encode()


def read_answer(connection: socket.socket) -> Answer:
    """Return one answer, of status 0 where the connection is closed before one."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            read = connection.recv(65_536)
        except ConnectionResetError:
            read = b""
        if not read:
            return Answer(0, {}, b"")
        data += read
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return Answer(int(first.split()[1]), headers, body)
