"""What `serve` does: decides whether this start is measured, and stands in front of the server or steps aside.

Neither granted nor only for me: the process becomes the real binary, at the cost of a look at the config. So what only
measuring needs (asyncio, the meter, the store) is imported where it is wanted, not here.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.serve.exit_status import HandOverError, exit_as
from shimmy_metrics.system.handover import hand_over, missing, real_binary, refused
from shimmy_metrics.system.profile import Profile


def serve(profile: Profile, arguments: Sequence[str]) -> int:
    """Run the real server as a measured session and end as it ends, or become it.

    `arguments` are all words after the program's name, `serve` among them. Raises `UserError` where there is no
    real binary, or none that runs.
    """
    variables = dict(profile.environment.variables)
    binary = real_binary(variables)
    if binary is None:
        raise missing(variables)
    try:
        return exit_as(_measured(profile, binary, arguments))
    except HandOverError as error:
        if error.line:
            _say(error.line)
    try:
        hand_over(binary, list(arguments), variables)
    except OSError as error:
        raise refused(binary, variables, error) from error


def serve_upstream(profile: Profile, url: str, bind: str | None = None) -> int:
    """Stand in front of a server that runs already, until a signal; end by that signal.

    `url` names it; `bind` is where to listen, as `ip:port`, by default Shimmy's own address. Bytes pass whatever the
    decision is; they are counted where and while there is one for it. Raises `UserError` for a URL that is none, an
    upstream that is down, an address that cannot be had.
    """
    from shimmy_metrics.serve.upstream import DEFAULT_BIND, read_url
    from shimmy_metrics.serve.upstream_proxy import carry

    place = read_url(url)
    try:
        consent: EffectiveConsent | UserError = read_consent(profile)
    except UserError as error:
        consent = error
    if isinstance(consent, EffectiveConsent) and not consent.measures:
        _purge(profile)
    return exit_as(carry(profile, consent, place, bind or DEFAULT_BIND, _say))


def _measured(profile: Profile, binary: str, arguments: Sequence[str]) -> int:
    try:
        consent = read_consent(profile)
    except UserError as error:
        raise HandOverError(f"not measured: {error}") from None
    if not consent.measures:
        _purge(profile)
        raise HandOverError
    if sys.platform == "linux":
        from shimmy_metrics.serve.start import run

        return run(profile, consent, binary, arguments, _say)
    raise HandOverError("not measured: on this system only a server that runs already is (serve --upstream URL)")


def _purge(profile: Profile) -> None:
    """Do a deletion that is owed. Where nothing was ever kept, nothing is loaded for it."""
    if os.path.lexists(profile.state_dir / "metrics.db"):
        from shimmy_metrics.actions.purge import purge_without_consent

        with contextlib.suppress(UserError):  # said by whoever looks; a server's start is no place for it
            purge_without_consent(profile)


def _say(line: str) -> None:
    # Past Python's buffer: a thread that is stopped in it, by a full pipe, would be waited for at the end.
    with contextlib.suppress(OSError):  # standard error may be closed
        os.write(2, f"shimmy-metrics: {line}\n".encode(errors="surrogateescape"))
