"""Whether the decision changed while a session runs: a look at the file each time, a parse only where it changed."""

import os
from typing import Final

from shimmy_metrics.config.effective import read_consent
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import CHECKPOINT_SECONDS
from shimmy_metrics.system.profile import Profile

POLL_SECONDS: Final = CHECKPOINT_SECONDS / 2
"""Twice in a checkpoint, so that a withdrawal has taken hold within one."""


class ConsentWatch:
    """One reader of the config file."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._seen: tuple[tuple[int, int, int], EffectiveConsent | UserError] | None = None

    def look(self) -> EffectiveConsent | UserError:
        """Return what is in force now, or why the config cannot be used: then nothing counts meanwhile."""
        stamp, seen = self._now(), self._seen
        if seen is None or seen[0] != stamp:
            seen = stamp, self._read()
            self._seen = seen  # in one piece: two threads look
        return seen[1]

    def _read(self) -> EffectiveConsent | UserError:
        try:
            return read_consent(self._profile)
        except UserError as error:
            return error

    def _now(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._profile.config_path)
        except OSError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_size, found.st_ino
