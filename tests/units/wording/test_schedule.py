"""When reports are sent, and why an attempt is put off."""

import pytest

from shimmy_metrics.next_attempt import NextAttempt
from shimmy_metrics.wording.schedule import NextEnd, ends_passed_over, next_attempt, sent_when


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


@pytest.mark.parametrize(
    ("attempt", "which", "when"),
    [
        (NextAttempt(0, at_start=False), NextEnd.ANY, "when the next session ends"),
        (NextAttempt(0, at_start=False), NextEnd.RUNNING, "when the running session ends"),
        (NextAttempt(0, at_start=False), NextEnd.ONE_OF_RUNNING, "when one of the running sessions ends"),
        (NextAttempt(1, at_start=False), NextEnd.RUNNING, "when the second session from now ends"),
        (NextAttempt(0, at_start=True), NextEnd.RUNNING, "when the next session starts"),
        (NextAttempt(0, at_start=False, soon=True), NextEnd.RUNNING, "in a moment"),
    ],
)
def test_while_a_session_runs_its_own_end_is_meant(attempt: NextAttempt, which: NextEnd, when: str) -> None:
    assert next_attempt(attempt, which) == when
    assert sent_when(attempt, which) == f"Reports are sent {when}."


def test_before_a_server_was_measured_a_running_session_s_end_may_send_nothing() -> None:
    assert sent_when(NextAttempt(), NextEnd.RUNNING) == "Each report is sent after its session."
