"""The guarded start of the real server (Linux): everything that can make this start not ours comes before it.

The order matters: the address is taken before the server starts (in use: it fails as the server would), signals are
blocked before there is a thread, the server is started before anything slow is imported.
"""

import sys
from collections.abc import Callable, Sequence

from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.serve import signals
from shimmy_metrics.serve.child import start, unguarded
from shimmy_metrics.serve.exit_status import HandOverError
from shimmy_metrics.serve.inner_port import reserve
from shimmy_metrics.serve.listen_address import VARIABLE, bind, bind_request
from shimmy_metrics.serve.startup import StartupWatch
from shimmy_metrics.store.location import check_location
from shimmy_metrics.system.profile import Profile

assert sys.platform == "linux"


def run(
    profile: Profile, consent: EffectiveConsent, binary: str, arguments: Sequence[str], say: Callable[[str], None]
) -> int:
    """Run the server behind us; return how it ended: its exit status, or its signal's number below zero.

    Raises `HandOverError`, before anything was started, where the start is not ours to measure.
    """
    wanted = bind_request(arguments, profile.environment)
    try:
        check_location(profile.state_dir)
    except UserError as error:
        raise HandOverError(f"not measured: {error}") from None
    why = unguarded(binary)
    if why:
        raise HandOverError(f"not measured: {why}")
    listener, place = bind(wanted.places)
    blocked = signals.block()
    try:
        holder, inner = reserve()
        watch = StartupWatch(inner)
    except OSError:
        signals.unblock(blocked)
        raise HandOverError from None  # no socket or process is left; becoming the server needs none
    variables = {**profile.environment.variables, VARIABLE: str(inner)}
    started = profile.clock.monotonic()
    try:
        child = start(binary, wanted.words, variables, blocked=blocked, starting=watch.starting)
    except OSError:
        watch.end()
        signals.unblock(blocked)
        raise HandOverError from None
    watch.started()
    signals.pass_on(child, blocked)

    from shimmy_metrics.serve.child_proxy import PreparedChild, carry  # slow to import: asyncio, the meter, the store

    carry(PreparedChild(profile, consent, child, listener, place, holder, inner, started, watch, say))
    return child.wait()
