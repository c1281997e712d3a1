"""Time as a value, which tests can replace."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock(NamedTuple):
    """`now` returns the time in UTC; `monotonic` returns seconds, which stop while the machine sleeps."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic

    def local_day(self) -> date:
        """Return today's date where this process runs."""
        return self.now().astimezone().date()
