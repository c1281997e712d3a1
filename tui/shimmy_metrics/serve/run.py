"""`serve`: measure the server, or become it.

Without a decision that measures, the process becomes the real binary at the cost of one read of the config. So what
only measuring needs (asyncio, the meter, the store) is imported where it is used, not here.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.serve.exit_status import HandOverError, exit_as
from shimmy_metrics.system.handover import hand_over, missing, real_binary, refused
from shimmy_metrics.system.profile import Profile


def serve(profile: Profile, arguments: Sequence[str], purge: Callable[[Profile], object]) -> int:
    """Run the real server, measured, and exit as it exits; or become it.

    `arguments` are all those after the program's name, `serve` included. `purge` deletes what no consent covers any
    more. Raises `UserError` if there is no real binary, or none that runs.
    """
    variables = dict(profile.environment.variables)
    binary = real_binary(variables)
    if binary is None:
        raise missing(variables)
    try:
        return exit_as(_run_measured(profile, binary, arguments, purge))
    except HandOverError as error:
        if error.line:
            _print_line(error.line)
    try:
        hand_over(binary, list(arguments), variables)
    except OSError as error:
        raise refused(binary, variables, error) from error


def serve_upstream(profile: Profile, url: str, bind: str | None, purge: Callable[[Profile], object]) -> int:
    """Run a proxy in front of a server that is already running, until a signal; die by that signal.

    `url` names the server; `bind` is where to listen, as `ip:port`, by default Shimmy's own address; `purge` is as in
    `serve`. Bytes pass whatever the decision is, and are counted while it allows that. Raises `UserError` for an
    invalid URL, an upstream that is down, and an address that cannot be bound.
    """
    from shimmy_metrics.serve.upstream import DEFAULT_BIND, parse_url
    from shimmy_metrics.serve.upstream_proxy import proxy_upstream

    upstream = parse_url(url)
    try:
        consent: EffectiveConsent | UserError = read_consent(profile)
    except UserError as error:
        consent = error
    if isinstance(consent, EffectiveConsent) and not consent.measures:
        _purge(profile, purge)
    return exit_as(proxy_upstream(profile, consent, upstream, bind or DEFAULT_BIND, _print_line))


def _run_measured(profile: Profile, binary: str, arguments: Sequence[str], purge: Callable[[Profile], object]) -> int:
    try:
        consent = read_consent(profile)
    except UserError as error:
        raise HandOverError(f"not measured: {error}") from None
    if not consent.measures:
        _purge(profile, purge)
        # Who set no switch relies on the answer in the config.
        raise HandOverError(f"not measured: {consent.distrust}" if consent.pauses else "")
    if sys.platform == "linux":
        from shimmy_metrics.serve.start import run

        return run(profile, consent, binary, arguments, _print_line)
    raise HandOverError("not measured: on this system only a server that runs already is (serve --upstream URL)")


def _purge(profile: Profile, purge: Callable[[Profile], object]) -> None:
    """Delete what no consent covers any more. Where nothing was ever stored, nothing is loaded for it."""
    if os.path.lexists(profile.state_path / "metrics.db"):
        with contextlib.suppress(UserError):  # the app and `status` report it; a server's start is no place for it
            purge(profile)


def _print_line(line: str) -> None:
    # Not through sys.stderr: the exit would wait for a thread that a full pipe blocks inside its buffer.
    with contextlib.suppress(OSError):  # standard error may be closed
        os.write(2, f"shimmy-metrics: {line}\n".encode(errors="surrogateescape"))
