"""What is counted of one session, in memory alone."""

import hashlib
import os
import uuid
from typing import Final

from shimmy_metrics.aggregate import Aggregate
from shimmy_metrics.consent.effective import EffectiveConsent
from shimmy_metrics.exchange import Exchange

HASH_BYTES: Final = 8
KEY_BYTES: Final = 32


class MeasuredSession:
    """The counters of one session with the key of its model hashes; both live in memory alone.

    `session_id` will be its report's. `counting` is False while the config cannot be used, and for ever once it ended;
    `stored` is True once the store has it.
    """

    def __init__(self, consent: EffectiveConsent, started: float, startup_ms: int | None) -> None:
        self.session_id = str(uuid.uuid4())
        self.consent = consent
        self.counting = True
        self.stored = False
        self.aggregate = Aggregate(started, startup_ms)
        self._key = os.urandom(KEY_BYTES)

    def fold(self, exchange: Exchange) -> None:
        """Count one exchange."""
        if self.counting:
            self.aggregate.fold(exchange)

    def hash_model(self, name: bytes) -> bytes:
        """Return the keyed hash that stands for a model's name; the key is new each session."""
        return hashlib.blake2b(name, digest_size=HASH_BYTES, key=self._key).digest()


def still_covers(began: EffectiveConsent, consent: EffectiveConsent, *, again: bool) -> bool:
    """Whether a session that began under one decision is measured on under another.

    `again`: a session of its own can begin at once.
    """
    if not consent.measures:
        return False
    then, now = began.decision, consent.decision
    if (then.consent_id, then.consent, then.local) == (now.consent_id, now.consent, now.local):
        return True
    # Only for the person before, and now a yes: it goes on for the person; the yes counts from the next start, or from
    # a session of its own.
    return then.local and not now.local and not again
