"""Recalls among the departures: covered by the chain, merged and folded as others, and not counted as taken."""

import pytest

from shimmy_metrics.entries import recall_of, recalled_in_all, sends, taken_in_all
from shimmy_metrics.limits import DEPARTURES_KEPT
from shimmy_metrics.records import Departure, DepartureKind, Failure, Outcome
from shimmy_metrics.store import chain, departures
from shimmy_metrics.store.database import Database
from shimmy_metrics.wording.departures import in_all
from support.samples import NOW, memory_store

URL = "https://receiver.example/v1/usage"


def _depart(db: Database, kind: DepartureKind, outcome: Outcome | None, sha256: str = "", taken: int = 1) -> int:
    begun = Departure(0, NOW, URL, sha256, 0, 1, by_hand=True, kind=kind)
    number = departures.begin(db, begun)
    if outcome is not None:
        failure = Failure.NAME if outcome is Outcome.NOTHING_LEFT else Failure.NONE
        departures.complete(db, number, ended=NOW, outcome=outcome, failure=failure, taken=taken)
    return number


@pytest.mark.parametrize("kind", DepartureKind)
def test_its_kind_is_read_back_and_covered_by_the_chain(kind: DepartureKind) -> None:
    with memory_store() as db:
        number = _depart(db, kind, Outcome.NO_ANSWER)
        (made,) = departures.everything(db)
        assert made.kind is kind
        assert chain.broken(db) == []
        (other,) = {*DepartureKind} - {kind}
        db.execute("UPDATE departures SET kind = ?", (int(other),))
        assert chain.broken(db) == [f"departure {number}"]


def test_a_recall_s_first_link_is_computed_as_ever() -> None:
    """What one version of the program wrote, every later one has to find whole."""
    with memory_store() as db:
        _depart(db, DepartureKind.RECALL, None)
        (link,) = db.execute("SELECT begin_link FROM departures").fetchone()
    assert link == "6a0e80a6ceb401cae1887fa51d97469a3b9426a55372ff78b6a077dd63548e5d"


def test_a_delivery_of_version_1_cannot_become_a_recall_unseen() -> None:
    with memory_store() as db:
        db.execute(
            "INSERT INTO departures (form, begun, endpoint, sha256, length, reports, by_hand, begin_link, end_place, "
            "ended, outcome, end_link, body) VALUES (1, ?, '', '', 0, 0, 0, '', 1, ?, 'error', '', NULL)",
            (NOW.isoformat(), NOW.isoformat()),
        )
        link = chain._link("", (NOW.isoformat(), "", "", 0, "error", 0, ""))
        db.execute("UPDATE departures SET end_link = ?", (link,))
        assert chain.broken(db) == []
        db.execute("UPDATE departures SET kind = 2")
        assert chain.broken(db) == ["departure 1"]


@pytest.mark.parametrize(
    ("first", "second", "attempts"),
    [
        ((DepartureKind.RECALL, "a"), (DepartureKind.RECALL, "a"), [2]),
        ((DepartureKind.RECALL, "a"), (DepartureKind.RECALL, "b"), [1, 1]),
        ((DepartureKind.REPORTS, "a"), (DepartureKind.RECALL, "a"), [1, 1]),
        ((DepartureKind.RECALL, "a"), (DepartureKind.REPORTS, "a"), [1, 1]),
        ((DepartureKind.REPORTS, "a"), (DepartureKind.REPORTS, "b"), [2]),
    ],
)
def test_like_failures_are_of_one_kind_and_a_recall_s_of_one_request(
    first: tuple[DepartureKind, str], second: tuple[DepartureKind, str], attempts: list[int]
) -> None:
    with memory_store() as db:
        for kind, sha256 in (first, second):
            _depart(db, kind, Outcome.NOTHING_LEFT, sha256, taken=0)
        made = departures.everything(db)
        assert [each.attempts for each in made] == attempts
        assert made[0].kind is second[0]
        assert chain.broken(db) == []


def test_a_recall_of_what_no_receiver_took_is_not_said_of_what_was_taken() -> None:
    with memory_store() as db:
        _depart(db, DepartureKind.REPORTS, Outcome.CONFIRMED, "a", taken=2)
        _depart(db, DepartureKind.REPORTS, Outcome.ERROR, "b", taken=0)
        _depart(db, DepartureKind.RECALL, Outcome.RECALLED, "b", taken=1)
        made = departures.everything(db)
        assert recalled_in_all(made) == 1
        assert in_all(2, made) == "2 reports were sent and taken"
        _depart(db, DepartureKind.RECALL, Outcome.RECALLED, "a", taken=2)
        made = departures.everything(db)
        assert in_all(2, made) == "2 reports were sent and taken, 2 recalled"
        elsewhere = [made[0]._replace(endpoint="https://elsewhere"), *made[1:]]
        assert in_all(2, elsewhere) == "2 reports were sent and taken"


def test_no_more_reports_are_said_to_be_recalled_than_were_taken() -> None:
    with memory_store() as db:
        _depart(db, DepartureKind.REPORTS, Outcome.PARTLY, "a", taken=1)
        _depart(db, DepartureKind.RECALL, Outcome.RECALLED, "a", taken=2)
        assert in_all(1, departures.everything(db)) == "1 report was sent and taken, 1 recalled"


def test_what_was_recalled_is_not_what_was_taken_also_when_it_is_folded() -> None:
    with memory_store() as db:
        _depart(db, DepartureKind.REPORTS, Outcome.ERROR, "a")  # its number stands for a receipt's
        _depart(db, DepartureKind.RECALL, Outcome.ERROR, "a", taken=1)
        _depart(db, DepartureKind.RECALL, Outcome.RECALLED, "a", taken=2)  # the same request again
        made = departures.everything(db)
        assert (taken_in_all(made), recalled_in_all(made)) == (1, 2)
        assert [each.outcome for each in sends(made)] == [Outcome.ERROR]
        assert recall_of(made, made[2]) == made[0]
        assert recall_of(made, made[2]._replace(endpoint="https://elsewhere")) is None
        assert recall_of(made, made[0]) is None
        for _ in range(DEPARTURES_KEPT):
            _depart(db, DepartureKind.REPORTS, Outcome.ERROR, taken=0)
        (folded,) = chain.notes(db)
        assert (folded.number, folded.taken) == (3, 1)
        assert chain.broken(db) == []


def test_the_newest_that_carried_a_report_is_never_its_recall() -> None:
    with memory_store() as db:
        sent = _depart(db, DepartureKind.REPORTS, Outcome.NO_ANSWER)
        recalled = _depart(db, DepartureKind.RECALL, Outcome.RECALLED)
        for number in (sent, recalled):
            departures.record_report_ids(db, number, ["a report"])
        assert departures.last_carrying(db, ["a report"])["a report"].row_id == sent
