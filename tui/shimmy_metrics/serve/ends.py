"""The two ends of one carried connection: what arrives at one is written to the other, and then counted.

A slow reader slows the writer and nothing is piled up; the end of one direction and a reset are passed on as what they
are, once all that came before them is. Counting is behind the forward: first the write, then the tap, in the same
callback.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from shimmy_metrics.serve.breaking import reset, reset_when_sent, unread
from shimmy_metrics.serve.counting import Counting
from shimmy_metrics.serve.interfaces import Carrier

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
        self.counting = Counting(self, carrier.new_tap)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to carry, or only to listen where there is no server."""
        # Not by isinstance: uvloop's transports have the methods and not the class.
        self.transport = cast("asyncio.Transport", transport)
        server = self.peer
        if server is None or server.transport is None:
            self._turn_away()
            return
        self.write = server.transport.write
        server.write = self.transport.write
        self.counting.server = server
        if not self.counting.begin() and not server.transport.can_write_eof():
            self.counting.read_by(self._carrier.silent_tap())
        cast("ServerEnd", server).begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the server's connection as this one ended."""
        self.lost = True
        self.counting.ends(by_server=False, reset=exc is not None)
        if exc is not None:
            self.take_rest()
        self.counting.end()
        self.end(exc)
        if self.peer is None or self.peer.lost:
            self._carrier.gone(self)

    def eof_received(self) -> bool:
        """Pass it on. Over TLS only when the answer is whole: there it would end the server's direction as well."""
        if self.peer is None:
            self._reset()
            return True
        self.counting.ends(by_server=False)
        other = self.other()
        if other is None or other.can_write_eof():
            return super().eof_received()
        self.finished = True
        self._end_if_answered()
        return True

    def server_lost(self) -> None:
        """Know that the server's connection is no more."""
        if self.lost:
            self._carrier.gone(self)

    def count_unheard(self) -> None:
        """Read what the client asked and the server will not hear any more, so that it is counted."""
        if self.transport is not None and self.count is not None:
            for data in unread(self.transport):
                self.count(data)

    def _turn_away(self) -> None:
        """Reset the connection: nobody is there to answer. What is measured may ask first, so that it is counted."""
        self.write = _nowhere
        self.counting.ends(by_server=True)
        if self.counting.begin():
            self.count = self._count_unanswered
            self._carrier.loop.call_later(REQUEST_SECONDS, self._reset)
        else:
            self._reset()

    def _count_unanswered(self, data: bytes) -> None:
        tap = self.counting.tap
        if tap is not None:
            tap.client_bytes(data)
            if tap.answer_due or tap.disabled:
                self._reset()

    def _reset(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            reset(self.transport)

    def _end_if_answered(self) -> None:
        """End both connections when the client has all answers. Where that cannot be known the server ends them."""
        tap, other = self.counting.tap, self.other()
        if tap is None or tap.disabled or other is None or self.transport is None or self.peer is None:
            return
        if tap.answer_due:
            self.peer.count = self._count_last
        else:
            other.close()
            self.transport.close()

    def _count_last(self, data: bytes) -> None:
        tap = self.counting.tap
        if tap is not None:
            tap.server_bytes(data)
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
        self._client.counting.ends(by_server=True)
        self._client.counting.answer_ends()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the client's connection as this one ended."""
        self.lost = True
        self._error = exc
        if self._client.peer is self:  # or the client was turned away
            self._client.counting.ends(by_server=True, reset=exc is not None)
            if exc is not None:
                self.take_rest()
            self._end_client()
        self._client.server_lost()

    def break_off(self, other: asyncio.Transport) -> None:
        """Pass a reset on, behind what came before it: it may be an answer, and its client slow."""
        reset_when_sent(other)

    def _end_client(self) -> None:
        self._client.count_unheard()
        self._client.counting.end()
        self.end(self._error)

    def _hold(self, data: bytes) -> None:
        self._early += data
        if self.transport is not None:
            self.transport.pause_reading()


def _nowhere(_: bytes) -> None:
    """Drop what is meant for a server that is not there."""
