"""In front of the real server (Linux): from its start to its end, and a little longer for what it wrote last."""

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import EXIT_DELAY_SECONDS
from shimmy_metrics.serve.child import Child
from shimmy_metrics.serve.client_limit import client_limit
from shimmy_metrics.serve.health import HealthPoll
from shimmy_metrics.serve.inner_port import owns
from shimmy_metrics.serve.listen_address import ListenAddress
from shimmy_metrics.serve.loop import new_loop
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.session import Session
from shimmy_metrics.serve.startup import StartupWatch
from shimmy_metrics.serve.target import Target
from shimmy_metrics.system.profile import Profile

assert sys.platform == "linux"

DRAIN_SECONDS: Final = EXIT_DELAY_SECONDS / 5
"""How long what the server wrote before it ended may take to reach its clients."""

BOOKS_SECONDS: Final = EXIT_DELAY_SECONDS / 2
"""How long the exit waits for the session's sealing. One that takes longer is sealed at the next start."""

_LOOK_SECONDS: Final = 0.05
"""How often the server is looked at while it starts, where nothing else says that it may be ready."""


@dataclass(frozen=True, slots=True)
class PreparedChild:
    """What was prepared before the server was started.

    `listener` is bound to the person's address, `place`; `holder` keeps the inner address until the server has it.
    `started` is the monotonic second at which the server was started; `watch` measures how long it takes to listen.
    `say` prints one line.
    """

    profile: Profile
    consent: EffectiveConsent
    child: Child
    listener: socket.socket
    place: ListenAddress
    holder: socket.socket
    inner: ListenAddress
    started: float
    watch: StartupWatch
    say: Callable[[str], None]


def carry(front: PreparedChild) -> None:
    """Carry and measure until the server has ended."""
    loop = new_loop(front.profile)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_carry(front))


async def _carry(front: PreparedChild) -> None:
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(front.child.descriptor, _ended, loop, front.child, gone)
    target = Target(front.inner.host, front.inner.port)
    relay = Relay(loop, target, admits=front.child.alive)
    poll = HealthPoll(target.connect, str(front.inner), front.child.alive)
    pid = front.child.pid
    session = Session(loop, front.profile, relay, place=front.place, health=poll, pid=pid, again=False, say=front.say)
    session.open()
    ready = await _ready(front)
    startup = front.watch.end()
    if not ready:
        return
    startup_ms = None if startup is None else round(startup * 1000)
    session.begin(front.consent, started=front.started, startup_ms=startup_ms)
    session.watch()
    try:
        await relay.accept(front.listener, client_limit(front.profile, front.say))
    except OSError as error:
        # Whoever listened between our bind and now has it. The server ends with us.
        remedy = "Start it again, or give another address with --bind"
        raise UserError("another program took this address", where=str(front.place), remedy=remedy) from error
    front.holder.close()
    session.announce(f"http://{front.place}")
    gc.freeze()
    await gone.wait()
    relay.refuse()
    await relay.drained(DRAIN_SECONDS)
    relay.count_open(by_server=True)
    session.end(BOOKS_SECONDS)


def _ended(loop: asyncio.AbstractEventLoop, child: Child, gone: asyncio.Event) -> None:
    loop.remove_reader(child.descriptor)
    gone.set()


async def _ready(front: PreparedChild) -> bool:
    """Wait until the server itself is seen to listen at its inner address; False where it ended before."""
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()
    loop.add_reader(front.watch.descriptor, answered.set)
    try:
        while front.child.alive():
            if owns(front.child.pid, front.inner):
                return True
            # The watch ends with the server as well. Where it is killed the server is still served.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), _LOOK_SECONDS)
            if answered.is_set():
                loop.remove_reader(front.watch.descriptor)
                answered.clear()
    finally:
        loop.remove_reader(front.watch.descriptor)
    return False
