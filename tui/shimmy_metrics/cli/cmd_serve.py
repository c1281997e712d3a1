"""`shimmy serve`: ask where the question is open, then serve, measured or handed over."""

import contextlib
import gc
import sys

from shimmy_metrics.actions.settings import read_settings
from shimmy_metrics.cli.tty import app_can_run, at_terminal, in_foreground
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import QUESTION_SECONDS
from shimmy_metrics.system.profile import Profile


def serve(before: list[str], rest: list[str]) -> int:
    """Serve with the options `before` the word and the `rest` behind it; return the exit code.

    Raises `UserError`.
    """
    profile = Profile.current()
    _ask(profile)
    from shimmy_metrics.serve.run import serve as serve_measured

    return serve_measured(profile, [*before, "serve", *rest], _purge)


def serve_upstream(given: list[str]) -> int:
    """Measure a server that runs already, named among these arguments; return the exit code. Raises `UserError`."""
    from shimmy_metrics.cli.arguments import upstream_arguments  # a hand-over must not load the list of commands

    profile = Profile.current()
    upstream = upstream_arguments(given)
    _ask(profile)
    from shimmy_metrics.serve.run import serve_upstream as measure_upstream

    return measure_upstream(profile, upstream.url, upstream.bind, _purge)


def _ask(profile: Profile) -> None:
    """Ask on the first run. Whatever goes wrong, the server starts."""
    try:
        if not (at_terminal() and in_foreground() and read_settings(profile).asks):
            return
        gc.enable()
        if app_can_run(profile):
            from shimmy_metrics import app

            app.run(profile, asking=True, seconds=QUESTION_SECONDS)
        else:
            from shimmy_metrics.cli.consent_prompt import ask

            ask(profile, seconds=QUESTION_SECONDS)
    except UserError as error:
        _remark(str(error))
    except Exception as error:  # noqa: BLE001 - nothing of metrics may keep the server from starting
        _remark(f"the question failed ({type(error).__name__})")


def _purge(profile: Profile) -> None:
    """Delete what no consent covers any more, and say so in one line. Raises `UserError`."""
    from shimmy_metrics.actions.purge import purge_without_consent  # a hand-over without a store must not load it
    from shimmy_metrics.wording.deletions import purged_without_consent

    deleted = " ".join(purged_without_consent(purge_without_consent(profile), profile.clock.now()))
    if deleted:
        _remark(deleted)


def _remark(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # the terminal may be the thing that went away
        sys.stderr.write(f"shimmy-metrics: {line}\n")
        sys.stderr.flush()
