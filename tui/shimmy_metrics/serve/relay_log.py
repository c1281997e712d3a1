"""The local log of what passes bytes on: while metrics are off, `serve --upstream` writes nothing."""

import contextlib

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.log import Event, log_event
from shimmy_metrics.system.profile import Profile


def log_while_on(profile: Profile, event: Event, error: BaseException | None = None) -> None:
    """Append one line if something may be measured now. Both files may be on a slow disk. Raises nothing."""
    with contextlib.suppress(UserError):  # a config that cannot be used: nothing is measured
        if read_consent(profile).measures:
            log_event(profile, event, error)
