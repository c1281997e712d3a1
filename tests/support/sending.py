"""A sender in this process, a profile with reports, and a receiver of plain sockets."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.records import Departure, QueuedReport
from shimmy_metrics.store import chain, departures, outbox
from shimmy_metrics.store.ballast import ballast_path
from shimmy_metrics.store.database import Database, opened
from shimmy_metrics.system.profile import Profile
from support.queued import end_of_session
from support.samples import profile
from support.store_files import store_path

Answering = Callable[[socket.socket], None]


def ready(root: Path, url: str) -> Profile:
    mine = profile(root, SHIMMY_METRICS_ENDPOINT=url)
    enable(mine)
    return mine


def send(mine: Profile, seconds: float = 3.0) -> None:
    """Send as the end of a session does."""
    end_of_session(mine)
    send_queued(mine, time.monotonic() + seconds)


def departures_of(mine: Profile) -> list[Departure]:
    with opened(mine) as db:
        assert chain.broken(db) == []
        return departures.everything(db)


def queued(mine: Profile) -> list[QueuedReport]:
    with opened(mine) as db:
        return outbox.everything(db)


@contextmanager
def receiver(answer: Answering, end: bytes = b"}}") -> Iterator[tuple[str, list[bytes]]]:
    """Listen on loopback and let `answer` speak after each request, which has this end; give the URL and the requests.

    The end is that of a report; of a request without a body it is its head's.
    """
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    data = b""
                    while end not in data and (piece := connection.recv(65_536)):
                        data += piece
                    came.append(data)
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1/usage", came
        listener.shutdown(socket.SHUT_RDWR)


def says(status: int, body: bytes = b"") -> Answering:
    return lambda connection: connection.sendall(
        f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )


def says_nothing(connection: socket.socket) -> None:
    """Wait until the other side has gone."""
    connection.recv(1)


def fill_disk(monkeypatch: pytest.MonkeyPatch, mine: Profile) -> None:
    """Let no departure be completed until the ballast, which is put there, has made room."""
    ballast = Path(ballast_path(store_path(mine)))
    ballast.touch()
    original = departures.complete

    def complete(db: Database, *arguments: object, **more: object) -> None:
        if ballast.exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        original(db, *arguments, **more)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(departures, "complete", complete)
