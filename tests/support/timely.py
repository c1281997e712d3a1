"""Time limits that allow for a machine with other work."""

import time
from typing import Final

_WORK_SECONDS: Final = 0.1


def in_time(took: float, bound: float) -> bool:
    """Whether `took` is at most `bound` (both in seconds), stretched by how busy the machine is now."""
    return took <= bound or took <= bound * _slowness()


def _slowness() -> float:
    """Return how many times longer than alone a computation takes now; 1 if the machine is otherwise idle."""
    began, own = time.monotonic(), time.process_time()
    while time.process_time() - own < _WORK_SECONDS:
        pass
    return max(1.0, (time.monotonic() - began) / _WORK_SECONDS)
