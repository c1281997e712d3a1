"""What is read from the config, once, before `serve` or the app opens."""

from typing import NamedTuple

from shimmy_metrics.config.codec import keys, theme
from shimmy_metrics.config.file import load
from shimmy_metrics.config.read_consent import consent_of
from shimmy_metrics.system.profile import Profile


class Settings(NamedTuple):
    """`asks`: the question is open. `keys` and `theme` are a person's own for the app, as the config has them.

    Keys look like `{"app.validate": "V"}`, a theme is a word; the app decides whether they can be used.
    """

    asks: bool
    keys: object
    theme: object


def read_settings(profile: Profile, *, opened: bool = False) -> Settings:
    """Read them; a terminal to ask at is the caller's own matter.

    The question is open while nobody has decided, or not about fields that are new; no switch is in force, and this is
    not CI. A container's server is never held up by a question; whoever `opened` the app there is there to answer.
    Raises `UserError` for a config that cannot be used.
    """
    document = load(profile)
    environment = profile.environment
    may_be_asked = (opened or not environment.in_container) and not environment.continuous_integration
    consent = consent_of(profile, document)
    return Settings(may_be_asked and (consent.asks or consent.renews), keys(document), theme(document))
