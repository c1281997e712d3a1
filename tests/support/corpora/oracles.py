"""What h11 and llhttp (httptools) read in a stream, in the same terms as the meter's result."""

from collections.abc import Callable
from typing import NamedTuple

import h11
import httptools

Counts = Callable[[bytes, bytes], bool]
"""Whether a request counts, by its method and its target."""


class Requests(NamedTuple):
    """How many countable requests were read, and why reading ended before the bytes did."""

    number: int
    error: str = ""


class Answer(NamedTuple):
    """The final status that was read (0: none), whether its answer was whole at the end, and why reading ended."""

    status: int = 0
    whole: bool = False
    error: str = ""


def h11_requests(data: bytes, counts: Counts) -> Requests:
    """Read as a server that answers each request with 204."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    number = 0
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                number += counts(event.method, event.target)
            elif isinstance(event, h11.EndOfMessage):
                connection.send(h11.Response(status_code=204, headers=[]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return Requests(number)
                connection.start_next_cycle()
            elif event in (h11.NEED_DATA, h11.PAUSED):
                return Requests(number)
    except h11.ProtocolError as error:
        return Requests(number, str(error))


def h11_answer(data: bytes) -> Answer:
    """Read as the client of one GET, to the end of the connection."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    connection.receive_data(b"")
    status = 0
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.EndOfMessage):
                return Answer(status, whole=True)
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return Answer(status)
    except h11.ProtocolError as error:
        return Answer(status, error=str(error))


class _Requests:
    def __init__(self, counts: Counts) -> None:
        self.number = 0
        self.parser = httptools.HttpRequestParser(self)
        self._counts = counts
        self._target = b""

    def on_message_begin(self) -> None:
        self._target = b""

    def on_url(self, piece: bytes) -> None:
        self._target += piece

    def on_headers_complete(self) -> None:
        self.number += self._counts(self.parser.get_method(), self._target)


def llhttp_requests(data: bytes, counts: Counts) -> Requests:
    """Read as llhttp does without its lenient flags."""
    seen = _Requests(counts)
    try:
        seen.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return Requests(seen.number, "upgrade")
    except httptools.HttpParserError as error:
        return Requests(seen.number, str(error))
    return Requests(seen.number)
