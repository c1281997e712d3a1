"""Departures as they are read back: what they tell of the reports that they carried."""

import pytest

from shimmy_metrics.records import Departure, Failure, Outcome
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, departures
from support.samples import NOW, memory_store

BODY = b"a request's body"


def _begun() -> Departure:
    return Departure(0, NOW, "https://receiver.example/", digest(BODY), len(BODY), 2, by_hand=True)


@pytest.mark.parametrize("outcome", Outcome)
def test_it_is_read_back_as_it_was_written(outcome: Outcome) -> None:
    with memory_store() as db:
        number = departures.begin(db, _begun())
        (under_way,) = departures.everything(db)
        assert under_way == _begun()._replace(row_id=number, place=1)
        departures.record_report_ids(db, number, ["one", "two"])
        departures.complete(
            db, number, ended=NOW, outcome=outcome, status=207, failure=Failure.TIME, taken=1, body=BODY
        )
        (done,) = departures.everything(db)
        assert done == departures.last(db)
        assert done == under_way._replace(
            ended=NOW,
            outcome=outcome,
            status=207,
            failure=Failure.TIME,
            taken=1,
            report_ids=() if outcome is Outcome.NOTHING_LEFT else ("one", "two"),
            body=BODY if outcome.taken else b"",
            place=2,
        )


def test_the_newest_departure_that_carried_a_report_tells_of_it() -> None:
    with memory_store() as db:
        for outcome, ids in (
            (Outcome.ERROR, ["a", "b"]),
            (Outcome.NO_ANSWER, ["b"]),
            (Outcome.NOTHING_LEFT, ["a", "b", "c"]),
        ):
            number = departures.begin(db, _begun())
            departures.record_report_ids(db, number, ids)
            departures.complete(db, number, ended=NOW, outcome=outcome)
        carried = departures.last_carrying(db, ["a", "b", "c"])
        assert {report: departure.outcome for report, departure in carried.items()} == {
            "a": Outcome.ERROR,
            "b": Outcome.NO_ANSWER,
        }


def test_an_abandoned_one_may_have_left_only_where_a_byte_could() -> None:
    with memory_store() as db:
        departures.begin(db, _begun())
        departures.record_report_ids(db, departures.begin(db, _begun()), ["a"])
        assert departures.under_way(db) == departures.everything(db)
        departures.complete_abandoned(db, NOW)
        assert departures.under_way(db) == []
        assert [(each.outcome, each.failure, each.ended) for each in departures.everything(db)] == [
            (Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED, NOW),
            (Outcome.NOTHING_LEFT, Failure.INTERRUPTED, NOW),
        ]
        departures.complete_abandoned(db, NOW)
        assert len(departures.everything(db)) == 2
        assert chain.broken(db) == []


def test_no_departure_is_none() -> None:
    with memory_store() as db:
        assert departures.last(db) is None
        assert departures.last_carrying(db, ["a"]) == {}


def test_nothing_is_said_of_it_that_was_not_given() -> None:
    with memory_store() as db:
        departures.complete(db, departures.begin(db, _begun()), ended=NOW, outcome=Outcome.ACCEPTED)
        (done,) = departures.everything(db)
        assert (done.status, done.failure, done.taken, done.body) == (0, Failure.NONE, 0, b"")


@pytest.mark.parametrize(("ids", "outcome"), [(("a",), Outcome.MAY_HAVE_LEFT), ((), Outcome.NOTHING_LEFT)])
def test_one_left_open_is_shown_as_it_will_be_completed(ids: tuple[str, ...], outcome: Outcome) -> None:
    open_ = _begun()._replace(report_ids=ids)
    assert departures.as_completed(open_, NOW, at_work=True) is open_
    shown = departures.as_completed(open_, NOW, at_work=False)
    assert shown == open_._replace(ended=NOW, outcome=outcome, failure=Failure.INTERRUPTED)
    for at_work in (True, False):
        assert departures.as_completed(shown, NOW, at_work=at_work) is shown


def test_of_many_the_newest_are_read_first() -> None:
    with memory_store() as db:
        made = [departures.begin(db, _begun()) for _ in range(3)]
        assert [each.row_id for each in departures.newest(db, 2)] == [made[2], made[1]]
        assert departures.newest(db, 5) == departures.everything(db)
