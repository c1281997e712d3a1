"""The two ends of one relayed connection: what arrives at one is written to the other, then counted.

Back-pressure is passed on, so nothing piles up. A half-close and a reset are passed on as what they are, after all that
came before them. Forwarding comes first: the write, then the tap, in the same callback.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from shimmy_metrics.serve.counting import Counting, silent_tap
from shimmy_metrics.serve.interfaces import Tap
from shimmy_metrics.serve.sockets import reset, reset_when_sent, unread

REQUEST_SECONDS: Final = 1.0
"""How long a client whose server is unreachable has to send its request, which is counted; then it is reset."""


class End(asyncio.Protocol):
    """One socket of a pair. `finished`: this side has sent EOF; `lost`: its connection is closed."""

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
        """Stop reading from the other end while this one's reader is slow."""
        other = self.other()
        if other is not None:
            other.pause_reading()

    def resume_writing(self) -> None:
        """Read from the other end again."""
        other = self.other()
        if other is not None:
            other.resume_reading()

    def eof_received(self) -> bool:
        """Pass the end of this direction on; the other direction continues until its own end."""
        self.finished = True
        other = self.other()
        if other is None or self.transport is None:
            return False
        if self.peer is not None and self.peer.finished:
            other.close()
            self.transport.close()
        else:
            other.write_eof()
        return self.transport.can_write_eof()  # TLS has no half-close: the whole connection ends

    def take_rest(self) -> None:
        """Pass on what arrived before the connection broke: event loops stop reading after a failed write.

        A server may answer before it has read the whole request, and close: then its answer is here, unread.
        """
        if self.transport is not None and self.other() is not None:
            for data in unread(self.transport):
                self.data_received(data)

    def end(self, error: Exception | None) -> None:
        """Pass the end of the whole connection on, a reset as a reset."""
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
    """The client's socket. Nothing is read from it before the connection to the server is made, or has failed.

    `new_tap` returns what measures a connection that begins now, or None where nothing is measured. `on_gone` is called
    once both connections are closed. `server_error` is what the server's connection broke with.
    """

    def __init__(self, new_tap: Callable[[], Tap | None], on_gone: "Callable[[ClientEnd], None]") -> None:
        super().__init__()
        self._on_gone = on_gone
        self.counting = Counting(self, new_tap)
        self.server_error: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Relay from now on, or turn the client away where there is no server."""
        # Not isinstance: uvloop's transports have the methods but not the class.
        self.transport = cast("asyncio.Transport", transport)
        server = self.peer
        if server is None or server.transport is None:
            self._turn_away()
            return
        self.write = server.transport.write
        server.write = self.transport.write
        self.counting.server = server
        if not self.counting.begin() and not server.transport.can_write_eof():
            self.counting.read_by(silent_tap())
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
            self._on_gone(self)

    def eof_received(self) -> bool:
        """Pass it on. To a TLS server only once its answer is complete, because there it ends both directions."""
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

    def drop_server(self) -> None:
        """Abort the connection to the server, if there is one: this client is turned away, or has gone."""
        server, self.peer = self.peer, None
        if server is not None and server.transport is not None:
            server.transport.abort()

    def server_lost(self, error: Exception | None) -> None:
        """Learn that the server's connection is closed."""
        self.server_error = error
        if self.lost:
            self._on_gone(self)

    def count_unheard(self) -> None:
        """Count what the client has sent and the server will never read."""
        if self.transport is not None and self.count is not None:
            for data in unread(self.transport):
                self.count(data)

    def _turn_away(self) -> None:
        """Reset the connection: nobody can answer. A measured client may send its request first."""
        self.write = _nowhere
        self.counting.ends(by_server=True)
        if self.counting.begin():
            self.count = self._count_unanswered
            asyncio.get_running_loop().call_later(REQUEST_SECONDS, self._reset)
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
        """Close both connections once the client has every answer. If the tap cannot tell, the server closes them."""
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
    """The server's socket. What it sends before the client's end is ready waits."""

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
        """Pass on what has arrived already: the client's end is ready."""
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
        if self._client.peer is self:  # otherwise the client was turned away
            self._client.counting.ends(by_server=True, reset=exc is not None)
            if exc is not None:
                self.take_rest()
            self._end_client()
        self._client.server_lost(exc)

    def break_off(self, other: asyncio.Transport) -> None:
        """Pass a reset on after what came before it: that may be an answer to a slow client."""
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
    """Drop what was sent to a server that is not there."""
