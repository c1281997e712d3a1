"""Each kind of departure has its own sentence, and none says more than is on record."""

from datetime import UTC, timedelta

import pytest

from shimmy_metrics.records import Cause, Departure, Failure, Note, NoteKind, Outcome, QueueState
from shimmy_metrics.wording.deletions import deleted
from shimmy_metrics.wording.departures import (
    afterwards,
    became,
    failed,
    label,
    note,
    sentence,
    set_aside,
    waits_until,
)
from shimmy_metrics.wording.numbers import when
from support.samples import NOW, queued

HOST = "metrics.shimmy-ai.dev"
NEXT = "when the next session ends"
NO_CONSENT = "your consent did not cover it any more"


def departure(outcome: Outcome | None = None, failure: Failure = Failure.NONE, **more: object) -> Departure:
    ended = None if outcome is None else NOW
    made = Departure(1, NOW, f"https://{HOST}/v1/usage", "0" * 64, 1_328, 2, by_hand=False)
    return made._replace(outcome=outcome, failure=failure, ended=ended, **more)  # type: ignore[arg-type]  # of the fields named


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (departure(), f"2 reports on the way to {HOST}, begun at 14:32"),
        (departure(Outcome.CONFIRMED, status=200), f"2 reports taken by {HOST} at 14:32, which confirmed the digest"),
        (
            departure(Outcome.ACCEPTED, status=200),
            f"2 reports accepted by {HOST} at 14:32, which answered 200 without the digest",
        ),
        (departure(Outcome.PARTLY, status=422, taken=1), f"1 of 2 reports taken by {HOST} at 14:32, the rest not"),
        (
            departure(Outcome.PARTLY, status=422, taken=2),
            f"2 reports taken by {HOST} at 14:32, which answered 422 all the same",
        ),
        (departure(Outcome.REFUSED, status=400), f"2 reports refused by {HOST} at 14:32, answer 400"),
        (
            departure(Outcome.REFUSED, status=410),
            f"2 reports refused by {HOST} at 14:32, answer 410: it takes no more reports",
        ),
        (
            departure(Outcome.ERROR, status=500),
            f"2 reports sent to {HOST} at 14:32, which answered with an error: 500",
        ),
        (
            departure(Outcome.NO_ANSWER, Failure.TIME),
            f"2 reports sent to {HOST} at 14:32, no answer: the time was up",
        ),
        (
            departure(Outcome.CUT_OFF, Failure.WITHDRAWN),
            f"2 reports cut off here at 14:32 because {NO_CONSENT}; bytes may have been sent to {HOST}",
        ),
        (
            departure(Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED),
            f"2 reports possibly sent to {HOST} at 14:32: the sender was ended before an answer",
        ),
        (
            departure(Outcome.NOTHING_LEFT, Failure.NAME),
            f"nothing sent to {HOST} at 14:32: its name was not found",
        ),
        (
            departure(Outcome.NOTHING_LEFT, Failure.CONNECTION, attempts=3, since=NOW - timedelta(days=1)),
            f"nothing sent to {HOST} at 14:32: no connection could be made (3 attempts since 22 Nov 14:32)",
        ),
    ],
)
def test_each_outcome_has_its_sentence(made: Departure, told: str) -> None:
    assert became(made, NOW, UTC) == told


def test_every_outcome_has_a_label_of_its_own() -> None:
    labels = [label(departure(outcome)) for outcome in (None, *Outcome)]
    assert len({*labels}) == len(Outcome) + 1
    assert all(len(each) <= 14 for each in labels)  # the column's width


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_a_table_and_a_sentence_have_one_word_for_one_thing(outcome: Outcome | None) -> None:
    made = departure(outcome, status=500, taken=1)
    assert label(made).removeprefix("partly ") in became(made, NOW, UTC)


@pytest.mark.parametrize("failure", [each for each in Failure if each])
def test_every_failure_is_told(failure: Failure) -> None:
    told = became(departure(Outcome.NOTHING_LEFT, failure), NOW, UTC)
    assert len(told) > len(f"nothing sent to {HOST} at 14:32: ")


def test_a_sentence_begins_large_but_a_time_of_another_day_is_told_with_it() -> None:
    assert sentence("nothing sent") == "Nothing sent."
    assert when(NOW - timedelta(days=1), NOW, UTC) == "22 Nov 14:32"
    assert when(NOW - timedelta(days=365), NOW, UTC) == "23 Nov 2025 14:32"
    earlier = became(departure(Outcome.ERROR, status=503), NOW + timedelta(days=1), UTC)
    assert earlier == f"2 reports sent to {HOST} on 23 Nov 14:32, which answered with an error: 503"


def test_what_failed_is_neither_the_person_s_no_nor_what_was_taken() -> None:
    assert not failed(departure())
    assert not failed(departure(Outcome.NOTHING_LEFT, Failure.WITHDRAWN))
    assert not failed(departure(Outcome.NOTHING_LEFT, Failure.TAKEN_BACK))
    told = {outcome for outcome in Outcome if failed(departure(outcome))}
    assert told == {*Outcome} - {Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.PARTLY, Outcome.CUT_OFF, Outcome.RECALLED}


def test_what_comes_next_is_told_of_what_waits() -> None:
    report = queued()
    gave = departure(Outcome.ERROR, status=500, report_ids=(report.report_id,))
    assert list(afterwards(gave, [report], NEXT)) == [f"The next attempt is made {NEXT}."]
    held = report._replace(state=QueueState.HELD_BY_HAND)
    assert list(afterwards(gave, [held], NEXT)) == ["What is waiting is sent when you release it."]
    aside = report._replace(state=QueueState.SET_ASIDE, cause=Cause.REFUSED)
    refused = gave._replace(outcome=Outcome.REFUSED)
    assert list(afterwards(gave, [report], NEXT, "Nothing leaves.")) == ["Nothing leaves."]
    assert list(afterwards(refused, [aside], NEXT, "Nothing leaves.")) == list(afterwards(refused, [aside], NEXT))
    assert list(afterwards(refused, [aside], NEXT)) == ["1 report of it is set aside, and not sent again by itself."]
    nothing = departure(Outcome.NOTHING_LEFT, Failure.NAME)  # it names no reports: whatever is due is tried again
    assert list(afterwards(nothing, [report], NEXT)) == [f"The next attempt is made {NEXT}."]
    assert list(afterwards(departure(Outcome.CONFIRMED), [], NEXT)) == []
    assert list(afterwards(departure(), [report], NEXT)) == ["Its outcome will show here."]


def test_a_deletion_says_whether_it_ever_left() -> None:
    assert deleted(None, NOW, UTC) == "Deleted: it was never sent."
    told = deleted(departure(Outcome.NO_ANSWER, Failure.BROKEN_OFF, reports=1), NOW, UTC)
    assert told == f"Deleted. 1 report sent to {HOST} at 14:32, no answer: the connection broke off."


def test_a_held_report_says_until_when_it_waits() -> None:
    report = queued()
    told = "it waits until 7 Dec at the latest; the next session's end after that deletes it"
    assert waits_until(report, NOW, UTC) == told
    assert waits_until(report, report.until, UTC).startswith("it waits until ")
    newly = report._replace(sealed=NOW.replace(month=12, day=28))
    assert waits_until(newly, newly.sealed, UTC).startswith("it waits until 11 Jan 2027 at the latest; ")
    ahead = waits_until(newly, NOW, UTC)  # sealed by a clock that was wrong
    assert ahead == "its date is ahead of this machine's clock: it waits 14 days from the next session's end"
    late = waits_until(report, report.until + timedelta(seconds=1), UTC)
    assert late == "it has waited 14 days and is no longer sent: it is deleted when the next session ends"


def test_each_cause_of_setting_aside_says_whose_it_is() -> None:
    told = {cause: set_aside(queued()._replace(cause=cause, detail="400")) for cause in Cause}
    assert told[Cause.NONE] == ""
    assert told[Cause.REFUSED] == "refused by the receiver: answer 400"
    assert set_aside(queued()._replace(cause=Cause.REFUSED)) == "refused by the receiver"  # of an old store
    assert "no receiver" in told[Cause.DAMAGED]
    assert "no receiver" in told[Cause.OLDER_RULES]
    assert len({*told.values()}) == len(Cause)


def test_each_note_has_its_sentence() -> None:
    assert len({note(Note(1, NOW, kind, 3)) for kind in NoteKind}) == len(NoteKind)
