"""The two ends of one carried connection: what arrives at one is written to the other, and then counted.

A slow reader slows the writer and nothing is piled up; the end of one direction and a reset are passed on as what they
are, once all that came before them is. Counting is behind the forward: first the write, then the tap, in the same
callback.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final, cast

from shimmy_metrics.serve.breaking import reset, reset_when_sent, unread
from shimmy_metrics.serve.interfaces import Carrier, Tap

_REQUEST_LINE: Final = re.compile(rb"[A-Z]{3,10} /[^ \r\n]* HTTP/1\.[01]\r\n")

REQUEST_SECONDS: Final = 1.0
"""How long a client whose server cannot be reached has to ask, so that it is counted; then its connection is reset."""


class End(asyncio.Protocol):
    """One socket of a pair. `finished`: this side says nothing more; `lost`: its connection is no more."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.peer: End | None = None
        self.finished = False
        self.lost = False
        self.write: Callable[[bytes], None]
        self.count: Callable[[bytes], None] | None = None

    def data_received(self, data: bytes) -> None:
        """Forward, then count."""
        self.write(data)
        if self.count is not None:
            self.count(data)

    def pause_writing(self) -> None:
        """Stop reading at the other end while this one's reader is slow."""
        other = self.other()
        if other is not None:
            other.pause_reading()

    def resume_writing(self) -> None:
        """Read on at the other end."""
        other = self.other()
        if other is not None:
            other.resume_reading()

    def eof_received(self) -> bool:
        """Pass the end of this direction on; the other direction goes on until its own end."""
        self.finished = True
        other = self.other()
        if other is None or self.transport is None:
            return False
        if self.peer is not None and self.peer.finished:
            other.close()
            self.transport.close()
        else:
            other.write_eof()
        return self.transport.can_write_eof()  # TLS knows no end of one direction: it ends whole

    def take_rest(self) -> None:
        """Pass on what came before the connection broke off: after a write that failed, event loops read no more.

        A server may answer before it has read the whole request, and close: the answer is here then, and unread.
        """
        if self.transport is not None and self.other() is not None:
            for data in unread(self.transport):
                self.data_received(data)

    def end(self, error: Exception | None) -> None:
        """Pass the end of the whole connection on: a reset as a reset."""
        other = self.other()
        if other is not None and error is not None:
            self.break_off(other)
        elif other is not None:
            other.close()

    def break_off(self, other: asyncio.Transport) -> None:
        """Pass a reset on."""
        reset(other)

    def other(self) -> asyncio.Transport | None:
        """Return the other end's transport while it is open."""
        other = self.peer.transport if self.peer is not None else None
        return other if other is not None and not other.is_closing() else None


class ClientEnd(End):
    """The client's socket, read from when it is known whether the server's is there."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__()
        self._carrier = carrier
        self._tap: Tap | None = None
        self._measured = False
        self._by_server: bool | None = None
        self._broken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to carry, or only to listen where there is no server."""
        # Not by isinstance: uvloop's transports have the methods and not the class.
        self.transport = cast("asyncio.Transport", transport)
        tap = self._carrier.new_tap()
        server = self.peer
        if server is None or server.transport is None:
            self.write = _nowhere
            self._turn_away(tap)
            return
        self.write = server.transport.write
        server.write = self.transport.write
        if tap is not None:
            self._measure(tap)
        elif not server.transport.can_write_eof():
            self._read_by(self._carrier.silent_tap())
        cast("ServerEnd", server).begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the server's connection as this one ended."""
        self.lost = True
        self.ends(by_server=False, reset=exc is not None)
        if exc is not None:
            self.take_rest()
        self.counted()
        self.end(exc)
        if self.peer is None or self.peer.lost:
            self._carrier.gone(self)

    def eof_received(self) -> bool:
        """Pass it on. Over TLS only when the answer is whole: there it would end the server's direction as well."""
        if self.peer is None:
            self._reset()
            return True
        self.ends(by_server=False)
        other = self.other()
        if other is None or other.can_write_eof():
            return super().eof_received()
        self.finished = True
        self._end_if_answered()
        return True

    def server_lost(self) -> None:
        """Know that both connections are no more."""
        if self.lost:
            self._carrier.gone(self)

    def answer_ended(self) -> None:
        """Count an answer that is as long as the server's direction; what the client asks after it is read still."""
        if self._tap is not None and self._tap.answer_due:
            self.counted()

    def count_unheard(self) -> None:
        """Read what the client asked and the server will not hear any more, so that it is counted."""
        if self.transport is not None and self.count is not None:
            for data in unread(self.transport):
                self.count(data)

    def ends(self, *, by_server: bool, reset: bool = False) -> None:
        """Remember which side ended first, and whether it broke off."""
        if self._by_server is None:
            self._by_server, self._broken = by_server, reset

    def counted(self) -> None:
        """Tell the tap, once, that nothing more comes that could be counted."""
        if self._tap is not None:
            self._tap.closed(by_server=self._by_server is not False, reset=self._broken)
        self.unmeasured()

    def measure_next(self) -> None:
        """Measure from the next request on; a connection that is measured already stays as it is."""
        if not self._measured:
            self.unmeasured()
            self.count = self._begin

    def unmeasured(self) -> None:
        """Count nothing more."""
        self._measured = False
        self._tap = self.count = None
        if self.peer is not None:
            self.peer.count = None

    def _measure(self, tap: Tap) -> None:
        self._measured = True
        self._read_by(tap)

    def _read_by(self, tap: Tap) -> None:
        self._tap = tap
        self.count = tap.client_bytes
        if self.peer is not None:
            self.peer.count = tap.server_bytes

    def _begin(self, data: bytes) -> None:
        if _REQUEST_LINE.match(data):
            tap = self._carrier.new_tap()
            if tap is not None:
                self._measure(tap)
                tap.client_bytes(data)

    def _turn_away(self, tap: Tap | None) -> None:
        """Reset the connection: nobody is there to answer. What is measured may ask first, so that it is counted."""
        self.ends(by_server=True)
        if tap is None:
            self._reset()
            return
        self._measure(tap)
        self.count = self._count_unanswered
        self._carrier.loop.call_later(REQUEST_SECONDS, self._reset)

    def _count_unanswered(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap.client_bytes(data)
            if self._tap.answer_due or self._tap.blind:
                self._reset()

    def _reset(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            reset(self.transport)

    def _end_if_answered(self) -> None:
        """End both connections when the client has all answers. Where that cannot be known the server ends them."""
        other = self.other()
        if other is None or self.transport is None or self.peer is None or self._tap is None or self._tap.blind:
            return
        if self._tap.answer_due:
            self.peer.count = self._count_last
        else:
            other.close()
            self.transport.close()

    def _count_last(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap.server_bytes(data)
            self._end_if_answered()


class ServerEnd(End):
    """The server's socket. What comes of it before the client's end is there waits."""

    def __init__(self, client: ClientEnd) -> None:
        super().__init__()
        self._client = client
        self._early = b""
        self._error: Exception | None = None
        self.write = self._hold

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pair with the client's end."""
        self.transport = cast("asyncio.Transport", transport)
        self.peer = self._client
        self._client.peer = self

    def begin(self) -> None:
        """Pass on what has come already: the client's end is there."""
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)
        if self.lost:
            self._end_client()
        elif self.finished:
            self.eof_received()
        elif self.transport is not None:
            self.transport.resume_reading()

    def eof_received(self) -> bool:
        """Pass it on."""
        self._client.ends(by_server=True)
        self._client.answer_ended()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the client's connection as this one ended."""
        self.lost = True
        self._error = exc
        if self._client.peer is self:  # or the client was turned away
            self._client.ends(by_server=True, reset=exc is not None)
            if exc is not None:
                self.take_rest()
            self._end_client()
        self._client.server_lost()

    def break_off(self, other: asyncio.Transport) -> None:
        """Pass a reset on, behind what came before it: it may be an answer, and its client slow."""
        reset_when_sent(other)

    def _end_client(self) -> None:
        self._client.count_unheard()
        self._client.counted()
        self.end(self._error)

    def _hold(self, data: bytes) -> None:
        self._early += data
        if self.transport is not None:
            self.transport.pause_reading()


def _nowhere(_: bytes) -> None:
    """Drop what is meant for a server that is not there."""
