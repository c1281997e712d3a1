"""How long the server takes from its `exec` until it listens (Linux), with none of our own time in it.

While the server starts, this process imports what measuring needs, which holds the interpreter for milliseconds at a
time: a thread would look late. So a forked process watches, and has exited before the first client is accepted.
"""

import contextlib
import os
import select
import signal
import struct
import sys
import time
from typing import Final

from shimmy_metrics.serve.child import Child, DeathGuard
from shimmy_metrics.serve.inner_port import owner
from shimmy_metrics.serve.listen_address import ListenAddress

assert sys.platform == "linux"

_FIRST_PAUSE: Final = 0.001
_LAST_PAUSE: Final = 0.05
_PAUSE_SHARE: Final = 0.02
"""The pause is 1 ms at first, later 2 % of the time so far: finer than the two digits that are reported."""

_START: Final = struct.Struct("id")
"""The server's process, and the monotonic second at which it became the server."""

_SECONDS: Final = struct.Struct("d")


class StartupWatch:
    """A forked process that watches one server's start; it is made before the server.

    Must be made by the main thread, before there are others. `descriptor` becomes readable when the answer has arrived
    or never will. Raises `OSError` if no further process or descriptor can be made.
    """

    def __init__(self, address: ListenAddress) -> None:
        guard = DeathGuard()
        started, self._started = os.pipe()
        self.descriptor, answer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(self._started)
                if guard.arm():
                    _watch(started, address, answer)
            finally:
                os._exit(0)
        self._process = Child(pid)
        os.close(started)
        os.close(answer)

    def starting(self) -> None:
        """Report that this process, a fork, becomes the server now. Raises `OSError` if the watch is gone."""
        # Reported rather than watched for: on a busy machine an observer would notice the `exec` late.
        os.write(self._started, _START.pack(os.getpid(), time.monotonic()))

    def started(self) -> None:
        """Close our end of the pipe, once the server is forked."""
        os.close(self._started)

    def end(self) -> float | None:
        """End the watch; return the seconds from `exec` until the server listened, or None. To be called once.

        Waits for an answer that is on its way, at most 50 ms.
        """
        answered = select.poll()
        answered.register(self.descriptor, select.POLLIN)
        answered.poll(1000 * _LAST_PAUSE)
        self._process.send(signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # the system may have reaped it
            self._process.wait()
        answer = os.read(self.descriptor, _SECONDS.size)
        os.close(self.descriptor)
        return _SECONDS.unpack(answer)[0] if len(answer) == _SECONDS.size else None


def _watch(started: int, address: ListenAddress, answer: int) -> None:
    """Write the seconds from the server's `exec` until it listens there; nothing if it exits first."""
    with contextlib.suppress(OSError):
        start = os.read(started, _START.size)
        if not start:
            return  # no server was started
        pid, began = _START.unpack(start)
        exited = select.poll()
        exited.register(os.pidfd_open(pid), select.POLLIN)
        while True:
            listens = owner(pid, address) is not None
            took = time.monotonic() - began
            if listens:
                os.write(answer, _SECONDS.pack(took))
                return
            if exited.poll(1000 * min(max(took * _PAUSE_SHARE, _FIRST_PAUSE), _LAST_PAUSE)):
                return
