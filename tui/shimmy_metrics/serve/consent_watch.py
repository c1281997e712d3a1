"""Whether the decision changed while a session runs: the file is looked at each time, and parsed only if it changed."""

import os
from typing import Final

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import CHECKPOINT_SECONDS
from shimmy_metrics.system.profile import Profile

POLL_SECONDS: Final = CHECKPOINT_SECONDS / 2
"""Twice in a checkpoint, so that a withdrawal takes effect within one."""


class ConsentWatch:
    """Reads the config file again and again. Any thread may use it."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._last: tuple[tuple[int, int, int], EffectiveConsent | UserError] | None = None

    def poll(self) -> EffectiveConsent | UserError:
        """Return the effective consent, or why the config cannot be used: nothing is counted meanwhile."""
        stamp, last = self._stamp(), self._last
        if last is None or last[0] != stamp:
            last = stamp, self._read()
            self._last = last  # in one assignment: two threads poll
        return last[1]

    def _read(self) -> EffectiveConsent | UserError:
        try:
            return read_consent(self._profile)
        except UserError as error:
            return error

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._profile.config_path)
        except OSError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_size, found.st_ino


def still_covered(began: EffectiveConsent, consent: EffectiveConsent, *, restartable: bool) -> bool:
    """Whether a session that began under one consent is measured on under another.

    `restartable`: a new session can begin at once.
    """
    if not consent.measures:
        return False
    then, now = began.decision, consent.decision
    if (then.consent_id, then.consent, then.local) == (now.consent_id, now.consent, now.local):
        return True
    # It was for the person alone, and now the answer is yes. Where no new session can begin, this one stays for the
    # person alone and the yes counts from the next start.
    return then.local and not now.local and not restartable
