"""Delete what there is no consent for before showing anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.cli.output import print_stderr
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.profile import Profile


@contextmanager
def purge_first(profile: Profile) -> Iterator[None]:
    """Delete what there is no consent for before any of it is shown, and report that on standard error.

    The error that prevents it often ends the command too; it is then printed only once.
    """
    # It loads the store, which most commands that import this module do not open.
    from shimmy_metrics.actions.purge import purge_without_consent

    undone = ""
    try:
        print_purged(purge_without_consent(profile), profile.clock.now())
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


def print_purged(purged: PurgeResult, now: datetime) -> None:
    """Report on standard error what was deleted for want of consent; nothing where there was nothing."""
    if any(purged):
        from shimmy_metrics.wording.deletions import purged_without_consent  # these are rarely said

        for line in purged_without_consent(purged, now):
            print_stderr(line)
