"""What is counted of one relayed connection: which tap reads it, from when to when, and which side ended it."""

import re
import time
from collections.abc import Callable
from typing import Final, Protocol

from shimmy_metrics.meter.tap import Tap as Reader
from shimmy_metrics.serve.interfaces import Tap

_REQUEST_LINE: Final = re.compile(rb"[A-Z]{3,10} /[^ \r\n]* HTTP/1\.[01]\r\n")


class Counted(Protocol):
    """One end of the connection: `count` gets what arrives there, after it was forwarded."""

    count: Callable[[bytes], None] | None


class Counting:
    """Sets what counts at both ends. `new_tap` returns what measures from now on, None where nothing is measured."""

    def __init__(self, client: Counted, new_tap: Callable[[], Tap | None]) -> None:
        self.tap: Tap | None = None
        self.server: Counted | None = None
        self._client = client
        self._new_tap = new_tap
        self._measured = False
        self._by_server: bool | None = None
        self._broken = False

    def begin(self) -> bool:
        """Measure the connection from its first byte; return whether it is measured."""
        tap = self._new_tap()
        if tap is not None:
            self._measured = True
            self.read_by(tap)
        return self._measured

    def read_by(self, tap: Tap) -> None:
        """Have a tap read both directions."""
        self.tap = tap
        self._client.count = tap.client_bytes
        if self.server is not None:
            self.server.count = tap.server_bytes

    def begin_at_next(self) -> None:
        """Measure from the next request on; a connection that is measured already is left alone."""
        if not self._measured:
            self.stop()
            self._client.count = self._begin_at

    def stop(self) -> None:
        """Count nothing more."""
        self._measured = False
        self.tap = self._client.count = None
        if self.server is not None:
            self.server.count = None

    def ends(self, *, by_server: bool, reset: bool = False) -> None:
        """Remember which side ended first, and whether by a reset."""
        if self._by_server is None:
            self._by_server, self._broken = by_server, reset

    def answer_ends(self) -> None:
        """Count a response delimited by connection close. What the client sends after it is still read."""
        if self.tap is not None and self.tap.answer_due:
            self.end()

    def end(self) -> None:
        """Tell the tap, once, that nothing more will come."""
        if self.tap is not None:
            self.tap.closed(by_server=self._by_server is not False, reset=self._broken)
        self.stop()

    def _begin_at(self, data: bytes) -> None:
        if _REQUEST_LINE.match(data) and self.begin() and self.tap is not None:
            self.tap.client_bytes(data)


def silent_tap() -> Tap:
    """Return a tap that follows a connection and counts nothing: it knows when every answer is complete."""
    return Reader(lambda _: None, lambda _: b"", time.monotonic, str)
