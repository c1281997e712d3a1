"""The real `serve` in front of the toy server: each of its sessions is sealed and sent as any other.

One thread starts and ends all of its processes, because a signal interrupts the main thread alone.
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
"""A sender's own time limit, and a second for its start and exit."""

_PR_SET_CHILD_SUBREAPER: Final = 36  # prctl(2)


class ServeProcess:
    """Relays `port` of 127.0.0.1 to `upstream`, from `start` until its `with` block is left.

    With `run_seconds` it is stopped that long after each start, as a server is, and started again on the same port.
    """

    def __init__(self, profile: Profile, upstream: str, run_seconds: float | None = None) -> None:
        self.port = _free_port()
        self._profile = profile
        self._upstream = upstream
        self._run_seconds = run_seconds
        self._stopping = threading.Event()
        self._abrupt = False
        self._start_tried = threading.Event()
        self._started = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="serve")

    def __enter__(self) -> Self:
        """Start nothing yet, so that `__exit__` ends all that is started, at whatever moment a signal comes."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the process, and wait for the senders that it has started."""
        self._abrupt = True
        self.stop()

    def start(self) -> None:
        """Start the process and return once it listens. Raise `UserError` if it does not start."""
        _adopt_orphans()
        self._thread.start()
        self._start_tried.wait(_START_SECONDS)
        if not self._started:
            raise UserError("the meter did not start", where=f"127.0.0.1:{self.port}", remedy="Try again")

    def stop(self) -> None:
        """Stop the process as a server is stopped: its session is sealed and sent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            process = self._launch()
            self._started = self._listens(process)
            self._start_tried.set()
            # If it did not start (another program has taken the port meanwhile), the next turn tries again.
            self._stopping.wait(self._run_seconds)
            self._end(process)
            _wait_for_senders()

    def _launch(self) -> "subprocess.Popen[bytes]":
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
            if self._stopping.wait(_POLL_SECONDS):
                break
        return False

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        if not self._abrupt:
            process.terminate()  # not SIGINT: what a script starts in the background ignores that
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


def _adopt_orphans() -> None:
    """Become the parent of senders whose `serve` has ended, so that they can be waited for."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_senders() -> None:
    """Wait until no child is left: a sender that still writes would bring the deleted sandbox back."""
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
