"""A stop at which another program holds the store: the exit does not wait, and the session is sealed and sent."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.limits import EXIT_DELAY_SECONDS, SEND_SECONDS
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.readonly import open_readonly
from support.installed import LONGEST, Home, wait_until
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for
from support.stand_in import stand_in
from support.store_files import store_path
from support.timely import in_time

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own is measured on Linux alone")

_HOLDER: Final = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("holds", flush=True)
sys.stdin.read()
"""
_HELD_SECONDS: Final = 1.0


@contextmanager
def _store_held(home: Home) -> Iterator[None]:
    """Let another program have the store in a transaction of its own."""
    hold = [sys.executable, "-c", _HOLDER, str(store_path(home.profile))]
    with subprocess.Popen(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holds\n"
        yield
        holder.communicate(b"")


def _requests(home: Home) -> list[int]:
    """Return the requests of each session that the store has as running."""
    with open_readonly(home.profile) as db:
        return [] if db is None else [each.counters.requests for each in sessions.running(db)]


def test_a_report_is_sealed_and_sent_by_the_process_that_outlives_the_exit(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path)), **receiver.variables})
        home.agree()
        port = free_port()
        with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            for _ in range(3):
                assert ask(port)[0] == 200
            assert wait_until(lambda: _requests(home) == [3])
            with _store_held(home):
                assert ask(port)[0] == 200
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                process.wait(LONGEST)
                took = time.monotonic() - began
                time.sleep(_HELD_SECONDS)
                assert receiver.received == []
        assert in_time(took, _HELD_SECONDS / 2 + EXIT_DELAY_SECONDS)
        assert wait_until(lambda: len(receiver.received) == 1, SEND_SECONDS)
        assert b'"requests_per_session":4' in receiver.received[0].body


def test_a_session_that_ends_before_the_store_has_it_is_sealed_and_sent_too(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, {"SHIMMY_BIN": str(stand_in(tmp_path)), **receiver.variables})
        home.agree()
        with opened(home.profile):
            pass  # made, so that it can be held
        port = free_port()
        with _store_held(home), home.started("serve", "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            for _ in range(3):
                assert ask(port)[0] == 200
            process.send_signal(signal.SIGINT)
            process.wait(LONGEST)
        assert wait_until(lambda: len(receiver.received) == 1, SEND_SECONDS)
        assert b'"requests_per_session":3' in receiver.received[0].body
        time.sleep(_HELD_SECONDS)
        home.metrics("disable")
    assert len(receiver.received) == 1
