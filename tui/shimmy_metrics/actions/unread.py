"""Whether more is held than a look shows: a store that is off is read, but its log is not opened."""

from shimmy_metrics.config.standing import standing
from shimmy_metrics.store.database import unread_log
from shimmy_metrics.system.profile import Profile


def unread(profile: Profile) -> bool:
    """Whether the store is off and holds more than was read: its log is not opened then. Raises `TroubleError`."""
    return not standing(profile).measures and unread_log(profile)
