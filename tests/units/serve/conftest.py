"""The event loops that `serve` may run on, and servers behind the relay."""

import asyncio
import socket
import ssl
from collections.abc import Iterator

import pytest
import trustme

from support.relays import LOOPS, SECONDS, loop_of


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoop:
    """Return a new loop of each kind."""
    return loop_of(request.param)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Yield a socket that listens on a free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(SECONDS)
        yield listening


@pytest.fixture
def tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a client and of a server whose certificate it accepts."""
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(ours)
    authority.issue_cert("localhost").configure_cert(theirs)
    return ours, theirs
