"""The log tells in plain words what became of an attempt to send, and what waits."""

import pytest

from shimmy_metrics.delivery.departure_log import BECAME, departure_line
from shimmy_metrics.records import Failure, Outcome


@pytest.mark.parametrize(
    ("outcome", "failure", "reports", "status", "line"),
    [
        (Outcome.CONFIRMED, Failure.NONE, 1, 200, "1 report sent and confirmed, status 200"),
        (Outcome.REFUSED, Failure.NONE, 2, 403, "2 reports sent and refused, status 403"),
        (
            Outcome.CUT_OFF,
            Failure.WITHDRAWN,
            1,
            0,
            "1 report cut off here, possibly sent: your consent did not cover it any more",
        ),
        (
            Outcome.NOTHING_LEFT,
            Failure.WITHDRAWN,
            1,
            0,
            "1 report not sent to the receiver: your consent did not cover it any more",
        ),
    ],
)
def test_what_is_done_is_told(outcome: Outcome, failure: Failure, reports: int, status: int, line: str) -> None:
    assert departure_line(outcome, failure, reports=reports, status=status, queued=False) == line


@pytest.mark.parametrize(
    ("outcome", "failure", "reports", "status", "line"),
    [
        (Outcome.ERROR, Failure.NONE, 1, 503, "1 report sent and answered with an error, status 503; it waits here"),
        (
            Outcome.NOTHING_LEFT,
            Failure.NAME,
            2,
            0,
            "2 reports not sent to the receiver: its name was not found; they wait here",
        ),
        (
            Outcome.NO_ANSWER,
            Failure.TIME,
            1,
            0,
            "1 report sent to the receiver without an answer: the time was up; it waits here",
        ),
    ],
)
def test_what_stays_queued_is_said_to_wait(
    outcome: Outcome, failure: Failure, reports: int, status: int, line: str
) -> None:
    assert departure_line(outcome, failure, reports=reports, status=status, queued=True) == line


@pytest.mark.parametrize(
    ("outcome", "became"),
    [
        (Outcome.CONFIRMED, "sent and confirmed"),
        (Outcome.ACCEPTED, "sent and accepted"),
        (Outcome.PARTLY, "sent and taken in part"),
        (Outcome.REFUSED, "sent and refused"),
        (Outcome.ERROR, "sent and answered with an error"),
        (Outcome.NO_ANSWER, "sent to the receiver without an answer"),
        (Outcome.CUT_OFF, "cut off here, possibly sent"),
        (Outcome.NOTHING_LEFT, "not sent to the receiver"),
        (Outcome.MAY_HAVE_LEFT, "possibly sent"),
        (Outcome.RECALLED, "recalled"),
    ],
)
def test_each_outcome_is_told_in_words(outcome: Outcome, became: str) -> None:
    assert departure_line(outcome, Failure.NONE, reports=1, status=0, queued=False) == f"1 report {became}"


def test_there_are_words_for_every_outcome() -> None:
    assert {*BECAME} == {*Outcome}
