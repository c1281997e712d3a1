"""What is kept of a request's head: words of closed lists, and how its body is framed."""

import re
from typing import Final, NamedTuple

from shimmy_metrics.meter.clients import HEADER, client_of
from shimmy_metrics.meter.head_fields import OPEN, VERSIONS, UnsupportedError, body_length, persists
from shimmy_metrics.meter.http1 import Head
from shimmy_metrics.meter.routes import generates, place_of, route_of
from shimmy_metrics.vocabulary import OTHER

_METHOD: Final = re.compile(rb"[A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*+")
"""A token. One that does not begin with a letter is more likely another protocol than a method."""


class Request(NamedTuple):
    """A request that awaits its answer.

    `route` is None where it does not count; `bodyless`: a HEAD; `generates`: its answer may be generated; `place` is
    the path's word to be shown, never sent. `length` is its body's, `OPEN` where what follows the head cannot be read;
    `last`: no other request follows on the connection.
    """

    route: str | None
    client: str | None
    bodyless: bool
    generates: bool
    place: str
    length: int | None
    last: bool


def request_of(head: Head) -> Request:
    """Return what is kept of a request. Raises `UnsupportedError` for CONNECT, a tunnel, and for `PRI`, HTTP/2."""
    parts = head.line.split(b" ")
    if len(parts) != 3:
        raise UnsupportedError
    method, target, version = parts
    if version not in VERSIONS or method == b"CONNECT" or not (method.isalpha() or _METHOD.fullmatch(method)):
        raise UnsupportedError
    fields = head.fields
    agent = fields.get(HEADER)
    route = None if method == b"OPTIONS" else route_of(target)
    client = client_of(agent) if agent else None
    place = place_of(target) if route is None or route == OTHER else route
    try:
        length = body_length(fields, version)
    except UnsupportedError:
        length = OPEN  # the request itself was read, and is answered
    return Request(
        route, client, method == b"HEAD", generates(method, target), place, length, not persists(fields, version)
    )
