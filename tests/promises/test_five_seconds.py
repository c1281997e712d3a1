"""The sender is gone five seconds after its process began, whatever the network does, and says what became of it."""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.sender_lock import sending
from shimmy_metrics.records import Outcome
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened
from support.installed import Home, wait_until
from support.queued import fill_outbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads when a process began in /proc")

Speaking = Callable[[socket.socket], None]


def _mute(connection: socket.socket) -> None:
    """Take everything, and never say a word."""
    with contextlib.suppress(OSError):
        while connection.recv(65_536):
            pass


def _drip(connection: socket.socket) -> None:
    """Answer a byte at a time, without end."""
    with contextlib.suppress(OSError):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)


@contextlib.contextmanager
def _receiver(speak: Speaking) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    speak(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _ages() -> dict[str, float]:
    """Return how old each process is that this one started, in seconds."""
    found: dict[str, float] = {}
    for thread in Path("/proc/self/task").iterdir():
        children = ""
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            children = (thread / "children").read_text()
        for child in children.split():
            with contextlib.suppress(OSError):
                words = (Path("/proc") / child / "stat").read_text().rpartition(")")[2].split()
                found[child] = time.clock_gettime(time.CLOCK_BOOTTIME) - int(words[19]) / 100
    return found


@pytest.mark.parametrize(
    ("speak", "scheme", "outcome"),
    [(_mute, "http", Outcome.NO_ANSWER), (_drip, "http", Outcome.NO_ANSWER), (_mute, "https", Outcome.NOTHING_LEFT)],
    ids=["no answer", "an answer without end", "no handshake"],
)
def test_it_is_gone_after_five_seconds_and_has_said_what_became(
    tmp_path: Path, speak: Speaking, scheme: str, outcome: Outcome
) -> None:
    with _receiver(speak) as port:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": f"{scheme}://localhost:{port}/v1/usage", "HTTPS_PROXY": ""})
        mine = home.profile
        enable(mine)
        fill_outbox(mine, 1)
        before = _ages().keys()
        start_sender(mine)
        assert wait_until(lambda: sending(mine))
        oldest = 0.0
        while ages := [age for process, age in _ages().items() if process not in before]:
            oldest = max(oldest, *ages)
            time.sleep(0.02)
    assert oldest < 5.3
    with opened(mine) as db:
        (gone,) = departures.everything(db)
        assert gone.outcome is outcome
        assert len(outbox.due(db)) == 1
