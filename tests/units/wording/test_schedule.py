"""When reports are sent, and why an attempt is put off."""

import pytest

from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.wording.schedule import ends_passed_over, next_attempt


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


def test_where_reports_are_sent_at_a_start_it_is_starts_that_make_none() -> None:
    assert ends_passed_over(2, NextAttempt(1, at_start=True)).endswith("so 1 session starts without one")
    assert ends_passed_over(3, NextAttempt(2, at_start=True)).endswith("so 2 sessions start without one")


def test_a_sender_that_is_starting_sends_in_a_moment() -> None:
    assert next_attempt(NextAttempt(0, at_start=False, soon=True)) == "in a moment"
