"""How long the server takes from its `exec` until it listens (Linux), with none of our own time in it.

While a server starts, this process imports what measuring needs, and a thread of it would look late: the interpreter is
held for milliseconds at a time. So a forked process looks; it is gone before the first client is accepted.
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
from shimmy_metrics.serve.inner_port import owns
from shimmy_metrics.serve.listen_address import ListenAddress

assert sys.platform == "linux"

_FIRST_PAUSE: Final = 0.001
_LAST_PAUSE: Final = 0.05
_SHARE: Final = 0.02
"""A look each millisecond at first, later each fiftieth of the time so far: closer than two digits tell."""

_START: Final = struct.Struct("id")
"""The server's process, and the monotonic second at which it became the server."""

_SECONDS: Final = struct.Struct("d")


class StartupWatch:
    """A forked process that watches one server's start; it is there before the server.

    Must be made by the main thread, before there are others. `descriptor` becomes readable when the answer is there, or
    will never be. Raises `OSError` where there can be no further process or descriptor.
    """

    def __init__(self, place: ListenAddress) -> None:
        guard = DeathGuard()
        started, self._started = os.pipe()
        self.descriptor, answer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(self._started)
                if guard.arm():
                    _watch(started, place, answer)
            finally:
                os._exit(0)
        self._process = Child(pid)
        os.close(started)
        os.close(answer)

    def starting(self) -> None:
        """Say that this process, the server's fork, becomes the server now. Raises `OSError`: the watch was killed."""
        # Its own word: whoever waits for the `exec` sees it late on a busy machine.
        os.write(self._started, _START.pack(os.getpid(), time.monotonic()))

    def started(self) -> None:
        """Leave it to the watch, once the server was forked."""
        os.close(self._started)

    def end(self) -> float | None:
        """End the process; return the seconds from `exec` until the server listened, or None. To be called once.

        An answer that is on its way is waited for, one look's time at most.
        """
        answered = select.poll()
        answered.register(self.descriptor, select.POLLIN)
        answered.poll(1000 * _LAST_PAUSE)
        self._process.send(signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # the system may have reaped it
            self._process.wait()
        told = os.read(self.descriptor, _SECONDS.size)
        os.close(self.descriptor)
        return _SECONDS.unpack(told)[0] if len(told) == _SECONDS.size else None


def _watch(started: int, place: ListenAddress, answer: int) -> None:
    """Write the seconds from the server's `exec` until it listens there; nothing where it ends before."""
    with contextlib.suppress(OSError):
        told = os.read(started, _START.size)
        if not told:
            return  # no server was started
        pid, began = _START.unpack(told)
        ended = select.poll()
        ended.register(os.pidfd_open(pid), select.POLLIN)
        while True:
            listens = owns(pid, place)
            took = time.monotonic() - began
            if listens:
                os.write(answer, _SECONDS.pack(took))
                return
            if ended.poll(1000 * min(max(took * _SHARE, _FIRST_PAUSE), _LAST_PAUSE)):
                return
