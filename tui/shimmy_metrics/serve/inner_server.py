"""The process that listens behind us (Linux): our child, or one that a script in the child's place has started."""

import os
import select
import sys

from shimmy_metrics.serve.child import Child, memory_bytes
from shimmy_metrics.serve.inner_port import owner
from shimmy_metrics.serve.listen_address import ListenAddress

assert sys.platform == "linux"


class InnerServer:
    """Tells whether bytes may go to `address`: only while the process runs that was seen to listen there."""

    def __init__(self, child: Child, address: ListenAddress) -> None:
        self._child = child
        self._address = address
        self._pid: int | None = None
        self._descriptor: int | None = None
        """Of a process that is not the child itself: its pidfd."""

    def listens(self) -> bool:
        """Look who listens there; return whether it is ours."""
        found = owner(self._child.pid, self._address)
        self._close()
        if found is None:
            return False
        if found != self._child.pid:
            try:
                self._descriptor = os.pidfd_open(found)
            except OSError:
                return False  # it has ended
            if owner(self._child.pid, self._address) != found:  # another process may have its number by now
                self._close()
                return False
        self._pid = found
        return True

    def alive(self) -> bool:
        """Whether it runs at this instant. Where it was another than the child, one may have taken its place since."""
        if not self._child.alive():
            return False
        known = self._pid is not None and (self._descriptor is None or not _ended(self._descriptor))
        return known or self.listens()

    def memory_bytes(self) -> int | None:
        """Return its resident memory, None if that cannot be read."""
        return None if self._pid is None else memory_bytes(self._pid)

    def _close(self) -> None:
        self._pid = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _ended(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
