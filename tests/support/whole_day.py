"""The day on which a test and the commands that it runs take place: no midnight comes between."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

_LONGEST_TEST: Final = timedelta(minutes=5)


@pytest.fixture
def today() -> date:
    """Return the day (UTC). Where it is over before a test may be, wait for the next one."""
    now = datetime.now(UTC)
    ends = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    if ends - now < _LONGEST_TEST:
        time.sleep((ends - now).total_seconds())
        return ends.date()
    return now.date()
