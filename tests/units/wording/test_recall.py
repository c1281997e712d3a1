"""What is said of a recall, in each outcome."""

from datetime import UTC

import pytest

from shimmy_metrics.records import Departure, DepartureKind, Failure, Outcome
from shimmy_metrics.wording.departures import became, label
from shimmy_metrics.wording.recall import all_at_once, also_sent_to, recall_headers, together
from support.samples import NOW

RECALL = Departure(
    0, NOW, "https://receiver.example/v1/usage", "", 1_377, 2, by_hand=True, ended=NOW, kind=DepartureKind.RECALL
)


@pytest.mark.parametrize(
    ("made", "short", "said"),
    [
        (
            RECALL._replace(ended=None),
            "being recalled",
            "recall of 2 reports on the way to receiver.example, begun at 14:32",
        ),
        (
            RECALL._replace(outcome=Outcome.RECALLED, status=204, taken=2),
            "recalled",
            "2 reports recalled at 14:32: receiver.example confirmed that it holds them no more",
        ),
        (
            RECALL._replace(outcome=Outcome.RECALLED, status=204, reports=1, taken=1),
            "recalled",
            "1 report recalled at 14:32: receiver.example confirmed that it holds it no more",
        ),
        (
            RECALL._replace(outcome=Outcome.REFUSED, status=404),
            "recall refused",
            "recall of 2 reports sent to receiver.example at 14:32, not confirmed: answer 404",
        ),
        (
            RECALL._replace(outcome=Outcome.ERROR, status=500, taken=1),
            "partly recalled",
            "1 of 2 reports recalled at 14:32, which receiver.example confirmed; another was answered 500",
        ),
        (
            RECALL._replace(outcome=Outcome.NO_ANSWER, failure=Failure.TIME, taken=1),
            "partly recalled",
            "1 of 2 reports recalled at 14:32, which receiver.example confirmed; then no answer: the time was up",
        ),
        (
            RECALL._replace(outcome=Outcome.ERROR, status=500),
            "recall: error",
            "recall of 2 reports sent to receiver.example at 14:32, not confirmed: answer 500",
        ),
        (
            RECALL._replace(outcome=Outcome.NO_ANSWER, failure=Failure.TIME),
            "recall: no answer",
            "recall of 2 reports sent to receiver.example at 14:32 as far as the first without an answer, "
            "none confirmed: the time was up",
        ),
        (
            RECALL._replace(outcome=Outcome.NO_ANSWER, failure=Failure.TIME, reports=1),
            "recall: no answer",
            "recall of 1 report sent to receiver.example at 14:32, not confirmed: no answer: the time was up",
        ),
        (
            RECALL._replace(outcome=Outcome.NOTHING_LEFT, failure=Failure.NAME, attempts=3, since=NOW),
            "recall not sent",
            "recall of 2 reports not sent to receiver.example at 14:32: its name was not found "
            "(3 attempts since 14:32)",
        ),
        (
            RECALL._replace(outcome=Outcome.MAY_HAVE_LEFT, failure=Failure.INTERRUPTED),
            "recall cut short",
            "recall of 2 reports possibly sent to receiver.example at 14:32: this program was ended before an answer",
        ),
    ],
)
def test_each_outcome_is_said_with_what_was_answered(made: Departure, short: str, said: str) -> None:
    assert (label(made), became(made, NOW, UTC)) == (short, said)


def test_of_one_report_nothing_is_said_beside_the_question() -> None:
    assert list(together(1, 1)) == []
    assert list(together(3, 3)) == ["This request carried 3 reports. They are recalled together."]
    (_, lost) = together(1, 3)
    assert lost == "The ids of 2 of them are not kept here any more: these cannot be recalled."


def test_what_a_receiver_can_guess_from_being_asked_for_all_is_said_before() -> None:
    guess = "can guess that they were one machine's"
    assert guess in all_at_once(2, 3, ["a.example", "a.example"])
    assert guess not in all_at_once(1, 3, ["a.example"])  # one request: it knows
    assert guess not in all_at_once(2, 2, ["a.example", "b.example"])  # each is asked for its own


def test_of_several_requests_over_one_connection_each_header_is_told() -> None:
    assert recall_headers(1) == "The headers are those of a report, without the two that describe a body."
    assert recall_headers(2).endswith(" a body; Connection is keep-alive in all but the last.")


def test_other_receivers_are_named_once() -> None:
    assert list(also_sent_to([])) == []
    (line,) = also_sent_to(["b.example", "a.example", "b.example"])
    assert line.startswith("It may also have left for a.example, b.example:")
