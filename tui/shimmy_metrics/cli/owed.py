"""The deletion that a withdrawal still owes: whoever looks does it first, and says so."""

from shimmy_metrics.cli.output import remark
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.system.profile import Profile


def settle(profile: Profile) -> None:
    """Delete what there is no consent for before any of it is shown, and say so on standard error."""
    # With the store behind it, which most commands that name this module do not open.
    from shimmy_metrics.actions.purge import purge_without_consent
    from shimmy_metrics.departure_text import owed

    try:
        result = purge_without_consent(profile)
    except TroubleError as error:
        if str(profile.config_path) not in error.where:  # that one ends the command, in the same words
            remark(f"shimmy-metrics: {error}")
        return
    for line in owed(result, profile.clock.now()):
        remark(line)
