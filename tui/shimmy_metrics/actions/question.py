"""Whether the question is open, as far as config and environment say; a terminal is the asker's own matter."""

from shimmy_metrics.config.standing import standing
from shimmy_metrics.system.profile import Profile


def question_open(profile: Profile) -> bool:
    """Whether nobody decided yet, no switch is in force, and this is neither CI nor a container.

    Raises `TroubleError` for a config that cannot be used.
    """
    environment = profile.environment
    return standing(profile).asks and not environment.continuous_integration and not environment.in_container
