"""The sender's lock: at most one sender process at a time. Imports no network."""

import os
import time
from typing import Final

from shimmy_metrics.system.locks import is_locked
from shimmy_metrics.system.profile import Profile

_POLL_SECONDS: Final = 0.005


def lock_path(profile: Profile) -> str:
    """Return the file whose lock the running sender holds. A lock is seen across containers, a process id is not."""
    return os.path.join(profile.state_folder, "sender.lock")


def sending(profile: Profile) -> bool:
    """Whether a sender is running."""
    return is_locked(lock_path(profile))


def wait_until_gone(profile: Profile, seconds: float) -> bool:
    """Wait at most so many seconds until no sender is running; return whether none is.

    A sender polls the config and ends by itself when consent is withdrawn: nobody has to find its process.
    """
    end = time.monotonic() + seconds
    while sending(profile):
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
