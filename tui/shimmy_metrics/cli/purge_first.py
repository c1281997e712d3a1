"""The deletion that a withdrawal still owes: whoever looks does it first, and says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from shimmy_metrics.cli.output import print_stderr
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.profile import Profile


@contextmanager
def purge_first(profile: Profile) -> Iterator[None]:
    """Delete what there is no consent for before any of it is shown, and say so on standard error.

    What keeps that from being done often ends the command as well; then it is said once, by the command's end.
    """
    # With the store behind it, which most commands that name this module do not open.
    from shimmy_metrics.actions.purge import purge_without_consent
    from shimmy_metrics.wording.departures import owed

    undone = ""
    try:
        for line in owed(purge_without_consent(profile), profile.clock.now()):
            print_stderr(line)
    except UserError as error:
        undone = str(error)
    try:
        yield
    except UserError as error:
        undone = "" if str(error) == undone else undone
        raise
    finally:
        if undone:
            print_stderr(f"shimmy-metrics: {undone}")
