"""What is counted of one carried connection: which tap reads it, from when to when, and which side ended it."""

import re
from collections.abc import Callable
from typing import Final, Protocol

from shimmy_metrics.serve.interfaces import Tap

_REQUEST_LINE: Final = re.compile(rb"[A-Z]{3,10} /[^ \r\n]* HTTP/1\.[01]\r\n")


class Counted(Protocol):
    """One end of the connection: `count` gets what arrives there, behind the forward."""

    count: Callable[[bytes], None] | None


class Counting:
    """Sets what counts at both ends. `new_tap` gives what measures from now on, or None where nothing is measured."""

    def __init__(self, client: Counted, new_tap: Callable[[], Tap | None]) -> None:
        self.tap: Tap | None = None
        self.server: Counted | None = None
        self._client = client
        self._new_tap = new_tap
        self._measured = False
        self._by_server: bool | None = None
        self._broken = False

    def begin(self) -> bool:
        """Measure a connection that begins now; return whether it is measured."""
        tap = self._new_tap()
        if tap is not None:
            self._measured = True
            self.read_by(tap)
        return self._measured

    def read_by(self, tap: Tap) -> None:
        """Let a tap read both directions."""
        self.tap = tap
        self._client.count = tap.client_bytes
        if self.server is not None:
            self.server.count = tap.server_bytes

    def begin_at_next(self) -> None:
        """Measure from the next request on; a connection that is measured already stays as it is."""
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
        """Remember which side ended first, and whether it broke off."""
        if self._by_server is None:
            self._by_server, self._broken = by_server, reset

    def answer_ends(self) -> None:
        """Count an answer that is as long as the server's direction; what the client asks after it is read still."""
        if self.tap is not None and self.tap.answer_due:
            self.end()

    def end(self) -> None:
        """Tell the tap, once, that nothing more comes that could be counted."""
        if self.tap is not None:
            self.tap.closed(by_server=self._by_server is not False, reset=self._broken)
        self.stop()

    def _begin_at(self, data: bytes) -> None:
        if _REQUEST_LINE.match(data) and self.begin() and self.tap is not None:
            self.tap.client_bytes(data)
