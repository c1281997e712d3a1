"""One session's figures, in memory alone."""

import os
import uuid
from typing import Final

from shimmy_metrics.aggregate import Aggregate
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.counters import Counters
from shimmy_metrics.exchange import Exchange

HASH_BYTES: Final = 8
KEY_BYTES: Final = 32


class MeasuredSession:
    """The counters of one session, and the key of its model hashes. Neither is ever written as it stands here.

    `report_id` will be its report's. `consent` is what it began under. `started` is the monotonic second from which its
    uptime counts. While `paused` it counts nothing.
    """

    def __init__(
        self, consent: EffectiveConsent, started: float, startup_ms: int | None, *, paused: bool = False
    ) -> None:
        self.report_id = str(uuid.uuid4())
        self.consent = consent
        self.paused = paused
        self._aggregate = Aggregate(started, startup_ms)
        self._key = os.urandom(KEY_BYTES)

    def fold(self, exchange: Exchange, day: str) -> None:
        """Count one exchange, whose answer ended on this local day."""
        if not self.paused:
            self._aggregate.fold(exchange, day)

    def hash_model(self, name: bytes) -> bytes:
        """Return the keyed hash that stands for a model's name; each session has a key of its own."""
        import hashlib  # OpenSSL, which need not be loaded before the first client is accepted

        return hashlib.blake2b(name, digest_size=HASH_BYTES, key=self._key).digest()

    def pause(self) -> None:
        """Count nothing until `resume`."""
        self.paused = True

    def resume(self) -> None:
        """Count again."""
        self.paused = False

    def set_memory(self, size: int | None) -> None:
        """Take the server's resident memory in bytes, None where it is not known."""
        self._aggregate.memory_bytes = size

    def snapshot(self, now: float) -> Counters:
        """Return the counters as they stand at the monotonic second `now`."""
        return self._aggregate.snapshot(now)
