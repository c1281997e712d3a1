"""The guarded start of the real server (Linux). All that can rule measuring out is checked before it.

The order matters: the address is bound before the server starts (if it is in use, the start fails as Shimmy's would),
signals are blocked before there is a second thread, and the server is started before anything slow is imported.
"""

import sys
from collections.abc import Callable, Sequence

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.serve import signals
from shimmy_metrics.serve.child import start, unguarded
from shimmy_metrics.serve.exit_status import HandOverError
from shimmy_metrics.serve.inner_port import reserve
from shimmy_metrics.serve.listen_address import VARIABLE, bind, parse_bind_request
from shimmy_metrics.serve.startup_time import StartupWatch
from shimmy_metrics.store.location import check_location
from shimmy_metrics.system.profile import Profile

assert sys.platform == "linux"


def run(
    profile: Profile,
    consent: EffectiveConsent,
    binary: str,
    arguments: Sequence[str],
    print_line: Callable[[str], None],
) -> int:
    """Run the server behind us; return its exit status, or the negative number of the signal that ended it.

    `print_line` prints one line. Raises `HandOverError`, before anything is started, if the server cannot be measured,
    and `UserError` if another program took the address meanwhile.
    """
    request = parse_bind_request(arguments, profile.environment)
    try:
        check_location(profile.state_path)
    except UserError as error:
        raise HandOverError(f"not measured: {error}") from None
    reason = unguarded(binary)
    if reason:
        raise HandOverError(f"not measured: {reason}")
    listener, address = bind(request.addresses)
    blocked = signals.block()
    try:
        holder, inner_address = reserve()
        watch = StartupWatch(inner_address)
    except OSError:
        signals.unblock(blocked)
        raise HandOverError from None  # no socket or process is left, and becoming the server needs none
    variables = {**profile.environment.variables, VARIABLE: str(inner_address)}
    started = profile.clock.monotonic()
    try:
        child = start(binary, request.arguments, variables, blocked=blocked, starting=watch.starting)
    except OSError:
        watch.end()
        signals.unblock(blocked)
        raise HandOverError from None
    watch.started()
    signals.pass_on(child, blocked)

    from shimmy_metrics.serve.child_proxy import PreparedChild, proxy_child  # slow: asyncio, the meter, the store

    proxy_child(
        PreparedChild(profile, consent, child, listener, address, holder, inner_address, started, watch, print_line)
    )
    return child.wait()
