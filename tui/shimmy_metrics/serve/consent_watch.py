"""Whether the decision changed while a session runs, or who may write it: the file is parsed only if one did."""

from typing import Final

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.config.trust import stamps
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
        self._last: tuple[object, EffectiveConsent | UserError] | None = None

    def poll(self) -> EffectiveConsent | UserError:
        """Return the effective consent, or why the config cannot be used: nothing is counted meanwhile."""
        now, last = stamps(self._profile.config_file), self._last
        if last is None or last[0] != now:
            last = now, self._read()
            self._last = last  # in one assignment: two threads poll
        return last[1]

    def _read(self) -> EffectiveConsent | UserError:
        try:
            return read_consent(self._profile)
        except UserError as error:
            return error


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
