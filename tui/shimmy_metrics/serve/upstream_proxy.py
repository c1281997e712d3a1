"""In front of a server that runs already, until a person ends it."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable

from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import EXIT_DELAY_SECONDS
from shimmy_metrics.serve.announcement import STATUS
from shimmy_metrics.serve.client_limit import client_limit
from shimmy_metrics.serve.exit_status import HandOverError
from shimmy_metrics.serve.health import HealthPoll
from shimmy_metrics.serve.listen_address import ListenAddress, bind
from shimmy_metrics.serve.loop import new_loop
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.session import Session
from shimmy_metrics.serve.upstream import Url, listening_place, reach
from shimmy_metrics.system.profile import Profile

Force = EffectiveConsent | UserError
"""What is in force now, or why the config cannot be used."""


def carry(profile: Profile, consent: Force, url: Url, listen_at: str, say: Callable[[str], None]) -> int:
    """Carry, and measure where and while that is wanted, until a signal comes; return its number below zero.

    `say` prints one line. Raises `UserError` for an upstream that is down and an address that cannot be had.
    """
    loop = new_loop(profile)
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(_carry(profile, consent, url, listen_at, say))


async def _carry(profile: Profile, consent: Force, url: Url, listen_at: str, say: Callable[[str], None]) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    _end_by_signal(loop, ended)
    route = await reach(url, profile.environment.variables)
    place = listening_place(listen_at, route.target)
    listener, place = _take(place)
    relay = Relay(loop, route)
    session = None
    where = f"http://{place}, for {url.text}"
    if isinstance(consent, UserError) or not consent.switch:  # with a switch in force there will be nothing to measure
        poll = HealthPoll(route.connect, url.host_field, relay.admits)
        route.on_moved = poll.doubt
        session = Session(loop, profile, relay, place=place, health=poll, pid=None, again=True, say=say)
        session.judge(consent)
        session.watch()
    await relay.accept(listener, client_limit(profile, say))
    if session is not None:
        session.announce(where)
    else:
        say(f"not measured, passed on at {where} {STATUS}")
    following = loop.create_task(route.follow())
    gc.freeze()
    number = await ended
    following.cancel()
    relay.refuse()
    relay.count_open(by_server=False)
    if session is not None:
        session.end(EXIT_DELAY_SECONDS)
    return -number


def _take(place: ListenAddress) -> tuple[socket.socket, ListenAddress]:
    try:
        return bind([place])
    except HandOverError:
        remedy = "Give another one with --bind, or end the program that listens there"
        raise UserError("this address cannot be had", where=f"--bind {place}", remedy=remedy) from None


def _end_by_signal(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[int]) -> None:
    """Let the signals that ask a server to end do so; those that are ignored (nohup) stay ignored."""

    def end(number: int) -> None:
        if not ended.done():
            ended.set_result(number)

    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda number, _: loop.call_soon_threadsafe(end, number))
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
