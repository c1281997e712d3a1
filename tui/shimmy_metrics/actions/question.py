"""Whether the question is open, as far as config and environment say; a terminal is the asker's own matter."""

from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.system.profile import Profile


def question_open(profile: Profile, *, opened: bool = False) -> bool:
    """Whether nobody decided yet, or not about fields that are new; no switch is in force, and this is not CI.

    A container's server is never held up by a question; whoever `opened` the app there is there to answer. Raises
    `UserError` for a config that cannot be used.
    """
    environment = profile.environment
    may_be_asked = opened or not environment.in_container
    consent = read_consent(profile)
    return (consent.asks or consent.renews) and may_be_asked and not environment.continuous_integration
