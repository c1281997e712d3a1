"""When to try again: back-off counts session ends. Pure."""

from typing import Final

from shimmy_metrics.limits import PASSED_OVER_MAX

FAILURES: Final = "failures"
PASSED_OVER: Final = "passed-over"
"""The store's words for how many attempts in a row failed, and how many session ends made none since."""


def passes_over(failures: int, passed: int) -> bool:
    """Whether a session's end makes no attempt: after one failure none is passed over, after two one, then two."""
    return passed < ends_passed_over(failures)


def ends_passed_over(failures: int) -> int:
    """Return how many session ends make no attempt after so many failures in a row."""
    return min(max(failures - 1, 0), PASSED_OVER_MAX)


def ends_until_attempt(failures: int, passed: int) -> int:
    """Return how many session ends still make no attempt before the one that does."""
    return max(ends_passed_over(failures) - passed, 0)
