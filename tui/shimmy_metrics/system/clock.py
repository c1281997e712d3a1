"""Time as a value, which tests can replace."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock(NamedTuple):
    """`now` returns the time in UTC; `monotonic` returns seconds, which stop while the machine sleeps."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic

    def local_day(self) -> str:
        """Return today's date where this process runs, `2026-11-28`."""
        return self.now().astimezone().date().isoformat()
