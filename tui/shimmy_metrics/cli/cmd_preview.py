"""`preview`: exact bytes on standard output; what they are and when they are sent on standard error."""

from collections.abc import Iterator

from shimmy_metrics.actions.preview import Basis, Preview
from shimmy_metrics.actions.preview import preview as next_preview
from shimmy_metrics.actions.unread import store_unread
from shimmy_metrics.cli.output import print_bytes, print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.system.profile import Profile


def preview(profile: Profile) -> int:
    """Print the next request's body, or what would be sealed now, or an example; return the exit code.

    Raises `UserError`.
    """
    with purge_first(profile):
        found = next_preview(profile, gather(profile.environment))
    print_bytes(found.request.body)
    for line in _describe(found, profile):
        print_stderr(line)
    return Exit.DONE


def _describe(found: Preview, profile: Profile) -> Iterator[str]:
    """Yield what the previewed bytes are, and whether they are sent."""
    if found.basis is not Basis.EXAMPLE:
        from shimmy_metrics.cli.preview_report import described  # what is said of an example needs none of it

        yield from described(found, profile.clock.now())
        return
    if store_unread(profile):
        from shimmy_metrics.wording.consent import UNREAD

        yield UNREAD
    yield "An example: this machine's facts, and a session in which nothing happened. It is not sent."
