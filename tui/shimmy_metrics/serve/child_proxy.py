"""The proxy in front of a server that we started (Linux): from its start to its end."""

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import EXIT_DELAY_SECONDS
from shimmy_metrics.serve.child import Child
from shimmy_metrics.serve.client_limit import client_limit
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.health import SHIMMY, HealthPoll
from shimmy_metrics.serve.inner_server import InnerServer
from shimmy_metrics.serve.listen_address import ListenAddress
from shimmy_metrics.serve.loop import new_loop
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.session import Session
from shimmy_metrics.serve.startup_time import StartupWatch
from shimmy_metrics.serve.target import Target
from shimmy_metrics.system.profile import Profile

assert sys.platform == "linux"

DRAIN_SECONDS: Final = EXIT_DELAY_SECONDS / 5
"""How long the last bytes of a server that exited may take to reach its clients."""

SEAL_SECONDS: Final = EXIT_DELAY_SECONDS / 2
"""How long the exit waits for the session to be sealed. After that another process seals it."""

_CHECK_SECONDS: Final = 0.05
"""How often a starting server is checked, if nothing else tells that it may be ready."""

_UNHEARD_SECONDS: Final = 10.0
"""After so long a person is told why no client is served."""

_UNHEARD: Final = (
    "the server does not listen at {} yet, where SHIMMY_BIND_ADDRESS tells it to; until it does no client is served. "
    "If it never does, run it without metrics: SHIMMY_METRICS=off"
)


class PreparedChild(NamedTuple):
    """What is prepared before and while the server is started.

    `listener` is bound to `address`, the one that the person asked for; `holder` reserves the server's `inner_address`
    until the server listens there. `started` is the monotonic second at which the server was started; `watch` measures
    how long it takes to listen. `print_line` prints one line.
    """

    profile: Profile
    consent: EffectiveConsent
    child: Child
    listener: socket.socket
    address: ListenAddress
    holder: socket.socket
    inner_address: ListenAddress
    started: float
    watch: StartupWatch
    print_line: Callable[[str], None]


def proxy_child(prepared: PreparedChild) -> None:
    """Relay and measure until the server ends. Raises `UserError` if another program listens at the address."""
    loop = new_loop(prepared.profile)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_proxy(prepared))


async def _proxy(prepared: PreparedChild) -> None:
    loop = asyncio.get_running_loop()
    child = prepared.child
    exited = asyncio.Event()
    loop.add_reader(child.descriptor, _on_exit, loop, child, exited)
    target = Target(prepared.inner_address.host, prepared.inner_address.port)
    connections = Connections()
    server = InnerServer(child, prepared.inner_address)
    health = HealthPoll(target, str(prepared.inner_address), server.alive)
    session = Session(
        loop,
        prepared.profile,
        connections,
        address=prepared.address.stored_url,
        health=health,
        assumed_server=SHIMMY,
        memory_bytes=server.memory_bytes,
        restartable=False,
        print_line=prepared.print_line,
    )
    relay = Relay(
        loop,
        target,
        connections,
        admits=server.alive,
        new_tap=session.new_tap,
        on_connected=session.on_connected,
        on_unreachable=health.doubt,
    )
    if not server.listens():
        session.open()  # while the server starts; one that is ready has its clients served first
    ready = await _ready(prepared, server)
    startup = prepared.watch.end()
    if not ready:
        return
    startup_ms = None if startup is None else round(startup * 1000)
    session.begin(prepared.consent, started=prepared.started, startup_ms=startup_ms)
    session.watch()
    try:
        await relay.accept(prepared.listener, client_limit(prepared.profile, prepared.print_line))
    except OSError as error:
        # A program that listened between our bind and now has the address. The server dies with us.
        remedy = "Start it again, or give another address with --bind"
        raise UserError("another program took this address", where=str(prepared.address), remedy=remedy) from error
    prepared.holder.close()
    session.announce(f"http://{prepared.address}")
    gc.freeze()
    gc.enable()
    await exited.wait()
    relay.refuse()
    await connections.drained(DRAIN_SECONDS)
    connections.count_unfinished(by_server=True)
    session.end(SEAL_SECONDS)


def _on_exit(loop: asyncio.AbstractEventLoop, child: Child, exited: asyncio.Event) -> None:
    loop.remove_reader(child.descriptor)
    exited.set()


async def _ready(prepared: PreparedChild, server: InnerServer) -> bool:
    """Wait until the server listens at its inner address; return False if it exited before."""
    loop = asyncio.get_running_loop()
    unheard = loop.call_later(_UNHEARD_SECONDS, prepared.print_line, _UNHEARD.format(prepared.inner_address))
    answered = asyncio.Event()
    loop.add_reader(prepared.watch.descriptor, answered.set)
    try:
        while prepared.child.alive():
            if server.listens():
                return True
            # The watch ends with the server as well. If it was killed, the server is still relayed.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), _CHECK_SECONDS)
            if answered.is_set():
                loop.remove_reader(prepared.watch.descriptor)
                answered.clear()
    finally:
        loop.remove_reader(prepared.watch.descriptor)
        unheard.cancel()
    return False
