"""The proxy in front of a server that is already running, until a signal ends the proxy."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import EXIT_DELAY_SECONDS
from shimmy_metrics.serve.client_limit import client_limit
from shimmy_metrics.serve.connections import Connections
from shimmy_metrics.serve.exit_status import HandOverError
from shimmy_metrics.serve.health import HealthPoll
from shimmy_metrics.serve.listen_address import ListenAddress, bind
from shimmy_metrics.serve.loop import new_loop
from shimmy_metrics.serve.relay import Relay
from shimmy_metrics.serve.session import Session
from shimmy_metrics.serve.tls_error_reporter import TlsErrorReporter
from shimmy_metrics.serve.upstream import Url, parse_listen_address, reach
from shimmy_metrics.system.profile import Profile


def proxy_upstream(
    profile: Profile, consent: EffectiveConsent | UserError, url: Url, listen_at: str, print_line: Callable[[str], None]
) -> int:
    """Relay until a signal comes, and measure where and while that is wanted; return the signal's negative number.

    `consent` is the effective consent, or why the config cannot be used. `print_line` prints one line. Raises
    `UserError` for an upstream that cannot be reached and an address that cannot be bound.
    """
    loop = new_loop(profile)
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(_proxy(profile, consent, url, listen_at, print_line))


async def _proxy(
    profile: Profile, consent: EffectiveConsent | UserError, url: Url, listen_at: str, print_line: Callable[[str], None]
) -> int:
    loop = asyncio.get_running_loop()
    signalled: asyncio.Future[int] = loop.create_future()
    _catch_signals(loop, signalled)
    route = await reach(url, profile.environment.variables)
    listener, address = _bind(parse_listen_address(listen_at, route.target))
    connections = Connections()
    health = HealthPoll(route, url.host_field)
    session = Session(
        loop,
        profile,
        connections,
        address=address.stored_url,
        health=health,
        assumed_server="",
        memory_bytes=lambda: None,
        restartable=True,
        print_line=print_line,
    )
    reporter = TlsErrorReporter(route, url, profile, print_line)
    relay = Relay(
        loop,
        reporter if url.secure else route,
        connections,
        new_tap=session.new_tap,
        on_connected=session.on_connected,
        on_unreachable=health.doubt,
        on_broken=reporter.broken,
    )
    session.apply_consent(consent)
    if isinstance(consent, UserError) or not consent.switch:  # a switch holds as long as this process
        session.watch()
    await relay.accept(listener, client_limit(profile, print_line))
    session.announce(f"http://{address}, for {url.text}")
    following = loop.create_task(route.follow())
    gc.freeze()
    number = await signalled
    following.cancel()
    relay.refuse()
    connections.count_unfinished(by_server=False)
    session.end(EXIT_DELAY_SECONDS)
    return -number


def _bind(address: ListenAddress) -> tuple[socket.socket, ListenAddress]:
    try:
        return bind([address])
    except HandOverError:
        remedy = "Give another one with --bind, or end the program that listens there"
        raise UserError("this address cannot be had", where=f"--bind {address}", remedy=remedy) from None


def _catch_signals(loop: asyncio.AbstractEventLoop, signalled: "asyncio.Future[int]") -> None:
    """Set the future by a signal that asks a server to end; those that are ignored (nohup) stay ignored."""

    def end(number: int) -> None:
        if not signalled.done():
            signalled.set_result(number)

    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda number, _: loop.call_soon_threadsafe(end, number))
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
