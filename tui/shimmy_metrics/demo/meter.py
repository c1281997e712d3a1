"""The real meter before the toy server, and the real ends of its sessions: each is sealed and sent as anywhere else.

All of its processes are started and ended by one thread, since a signal interrupts the main one alone.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Final, Self

from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.system.profile import Profile

_START_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_SENDERS_SECONDS: Final = SEND_SECONDS + 1.0
"""A sender's own time, and a little for its start and its end."""

_PR_SET_CHILD_SUBREAPER: Final = 36
"""prctl(2)."""


class Meter:
    """Carries `port` of 127.0.0.1 to `upstream`, from `start` until the block in which it was entered is left.

    With `run_seconds` it stops so long after each start, as a server is stopped, and a new one starts on the same port.
    """

    def __init__(self, profile: Profile, upstream: str, run_seconds: float | None = None) -> None:
        self.port = _free_port()
        self._profile = profile
        self._upstream = upstream
        self._run_seconds = run_seconds
        self._ending = threading.Event()
        self._abrupt = False
        self._tried = threading.Event()
        self._started = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="meter")

    def __enter__(self) -> Self:
        """Begin nothing yet: what is begun is ended by `__exit__`, at whatever instant a signal comes."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what still runs, at once, and wait for what it left behind."""
        self._abrupt = True
        self.stop()

    def start(self) -> None:
        """Start it; return once it listens. Raises `UserError`."""
        _adopt()
        self._thread.start()
        self._tried.wait(_START_SECONDS)
        if not self._started:
            raise UserError("the meter did not start", where=f"127.0.0.1:{self.port}", remedy="Try again")

    def stop(self) -> None:
        """Stop it as a server is stopped: its session is sealed and sent."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            process = self._begin()
            self._started = self._listens(process)
            self._tried.set()
            # One that could not start (another program took the port meanwhile) is tried again at the next turn.
            self._ending.wait(self._run_seconds)
            self._end(process)
            _wait_for_senders()

    def _begin(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "shimmy_metrics.demo", self._upstream, f"127.0.0.1:{self.port}"]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(self._profile.environment.variables),
            start_new_session=True,
        )

    def _listens(self, process: "subprocess.Popen[bytes]") -> bool:
        import socket

        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
            if self._ending.wait(_POLL_SECONDS):
                break
        return False

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        if not self._abrupt:
            process.terminate()  # SIGINT would be ignored where a script runs this in its background
            end = time.monotonic() + SEND_SECONDS
            while process.poll() is None and time.monotonic() < end and not self._abrupt:
                time.sleep(_POLL_SECONDS)
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _adopt() -> None:
    """Become the parent of the senders when the meter that started them has ended, so that they can be waited for."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_senders() -> None:
    """Wait until no child of ours is left: a sender that still wrote would bring the deleted sandbox back."""
    if sys.platform == "win32":
        return
    end = time.monotonic() + _SENDERS_SECONDS
    while time.monotonic() < end:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            time.sleep(_POLL_SECONDS)
