"""A person's own keys for the app, as the config has them: `{"metrics": {"keys": {"app.validate": "V"}}}`."""

from shimmy_metrics.config.file import load
from shimmy_metrics.config.shape import keys
from shimmy_metrics.system.profile import Profile


def keymap(profile: Profile) -> object:
    """Return what stands there; whether it can be used is the app's to say. Raises `UserError`."""
    return keys(load(profile))
