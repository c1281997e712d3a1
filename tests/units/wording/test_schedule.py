"""When reports are sent, and why an attempt is put off."""

import pytest

from shimmy_metrics.records import NextAttempt
from shimmy_metrics.wording.schedule import ends_passed_over


@pytest.mark.parametrize(
    ("failures", "skipped", "said"),
    [
        (0, 0, ""),
        (1, 0, ""),
        (2, 1, "2 attempts in a row failed, so 1 session ends without one"),
        (3, 2, "3 attempts in a row failed, so 2 sessions end without one"),
        (3, 0, ""),
    ],
)
def test_why_the_next_attempt_is_put_off_is_said(failures: int, skipped: int, said: str) -> None:
    assert ends_passed_over(failures, NextAttempt(skipped)) == said
