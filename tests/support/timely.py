"""Times held against bounds on a machine that has other work too."""

import time
from typing import Final

_WORK_SECONDS: Final = 0.1


def in_time(took: float, bound: float) -> bool:
    """Whether `took` is at most `bound` (seconds), or what that would be with the machine as busy as it is now."""
    return took <= bound or took <= bound * _slowness()


def _slowness() -> float:
    """Return how many times longer than its own work a computation takes: 1 where nothing else is at work."""
    began, own = time.monotonic(), time.process_time()
    while time.process_time() - own < _WORK_SECONDS:
        pass
    return max(1.0, (time.monotonic() - began) / _WORK_SECONDS)
