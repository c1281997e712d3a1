"""Whether a look at the store was possible without writing to it."""

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.store.readonly import unread
from shimmy_metrics.system.profile import Profile


def store_unread(profile: Profile) -> bool:
    """Whether the store is off and was not read. Raises `UserError` for a config that cannot be used."""
    return not read_consent(profile).measures and unread(profile)
