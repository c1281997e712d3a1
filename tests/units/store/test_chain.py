"""The chain over departures and notes: damage and careless edits show, older entries fold, like failures join."""

from datetime import timedelta

import pytest

from shimmy_metrics.limits import DEPARTURES_KEPT
from shimmy_metrics.records import Failure, NoteKind, Outcome
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, departures
from shimmy_metrics.store.database import Database
from support.chained import BODY, URL, note, send
from support.samples import NOW, memory_store

EDITS = [
    "UPDATE departures SET endpoint = 'https://elsewhere' WHERE row_id = 2",
    "UPDATE departures SET begun = '2026-11-22T14:32:07+00:00' WHERE row_id = 2",
    "UPDATE departures SET reports = 2 WHERE row_id = 2",
    "UPDATE departures SET by_hand = 1 WHERE row_id = 2",
    "UPDATE departures SET kind = 2 WHERE row_id = 2",
    "UPDATE departures SET length = 9 WHERE row_id = 2",
    "UPDATE departures SET sha256 = 'x' WHERE row_id = 2",
    "UPDATE departures SET ended = '2026-11-22T14:32:07+00:00' WHERE row_id = 2",
    "UPDATE departures SET outcome = 'accepted' WHERE row_id = 2",
    "UPDATE departures SET outcome = 'nothing-left' WHERE row_id = 2",
    "UPDATE departures SET status = 500 WHERE row_id = 2",
    "UPDATE departures SET failure = 'time' WHERE row_id = 2",
    "UPDATE departures SET taken = 0 WHERE row_id = 2",
    "UPDATE departures SET attempts = 2 WHERE row_id = 2",
    "UPDATE departures SET since = '2026-11-22T14:32:07+00:00' WHERE row_id = 2",
    "UPDATE departures SET begin_link = 'x' WHERE row_id = 2",
    "UPDATE departures SET end_link = 'x' WHERE row_id = 2",
    "UPDATE departures SET body = x'00' WHERE row_id = 2",
    "UPDATE departures SET body = zeroblob(length(body)) WHERE row_id = 2",
    "UPDATE departures SET body = NULL WHERE row_id = 2",
    "DELETE FROM departures WHERE row_id = 2",
    "UPDATE notes SET number = 2",
    "UPDATE notes SET kind = 1",
    "UPDATE notes SET kind = 3",
    "UPDATE notes SET taken = 1",
    "DELETE FROM notes",
]


@pytest.mark.parametrize("edit", EDITS)
def test_a_careless_edit_shows(edit: str) -> None:
    with memory_store() as db:
        for _ in range(3):
            send(db, Outcome.CONFIRMED)
        note(db)
        send(db, Outcome.ERROR)
        assert chain.broken(db) == []
        db.execute(edit)
        assert chain.broken(db) != []


@pytest.mark.parametrize("number", [1, int(NoteKind.FOLDED)])
def test_the_first_link_is_checked_unless_older_ones_are_folded_into_it(number: int) -> None:
    with memory_store() as db:
        chain.add_note(db, at=NOW, kind=NoteKind.DELETED, number=number)
        assert chain.broken(db) == []
        db.execute("UPDATE notes SET link = 'x'")
        assert chain.broken(db) == ["note 1"]


def test_which_reports_left_is_no_part_of_the_chain() -> None:
    with memory_store() as db:
        number = send(db, Outcome.CONFIRMED)
        departures.record_report_ids(db, number, [])
        assert chain.broken(db) == []


def _every(db: Database) -> list[int]:
    return [each.row_id for each in departures.everything(db)]


def test_receipts_that_the_person_deleted_are_no_damage_and_others_are() -> None:
    with memory_store() as db:
        send(db, Outcome.CONFIRMED)
        send(db, Outcome.PARTLY)
        assert departures.delete_receipts(db, NOW, _every(db), []) == 2
        assert chain.broken(db) == []
        assert [each.receipt for each in departures.everything(db)] == [True, True]
        assert all(not each.body and not each.report_ids for each in departures.everything(db))
        later = send(db, Outcome.CONFIRMED)
        assert chain.broken(db) == []
        db.execute("UPDATE departures SET body = NULL WHERE row_id = ?", (later,))
        assert chain.broken(db) == [f"departure {later}"]
        assert departures.delete_receipts(db, NOW, _every(db), []) == 0


def test_a_receipt_that_was_not_among_them_keeps_its_bytes_and_ids() -> None:
    with memory_store() as db:
        first = send(db, Outcome.CONFIRMED)
        departures.record_report_ids(db, first, ["a report"])
        second = send(db, Outcome.CONFIRMED)
        departures.record_report_ids(db, second, ["another"])
        assert departures.delete_receipts(db, NOW, [first], []) == 1
        assert [(bool(each.body), each.report_ids) for each in departures.everything(db)] == [
            (True, ("another",)),
            (False, ()),
        ]
        assert chain.broken(db) == []


def test_an_attempt_that_was_not_among_them_keeps_its_ids() -> None:
    with memory_store() as db:
        first, second = send(db, Outcome.ERROR), send(db, Outcome.CONFIRMED)
        departures.record_report_ids(db, first, ["a report"])
        third = send(db, Outcome.ERROR)
        departures.record_report_ids(db, third, ["another"])
        assert departures.delete_receipts(db, NOW, [first, second], []) == 1
        assert [each.report_ids for each in departures.everything(db)] == [("another",), (), ()]


def test_a_report_that_still_waits_keeps_its_departures() -> None:
    with memory_store() as db:
        send(db, Outcome.ERROR)
        departures.delete_receipts(db, NOW, _every(db), ["a report"])
        assert departures.last_carrying(db, ["a report", "another"]).keys() == {"a report"}


def test_like_failures_in_a_row_are_one_row() -> None:
    with memory_store() as db:
        send(db, Outcome.CONFIRMED)
        for minutes in range(5):
            send(db, Outcome.NOTHING_LEFT, Failure.NAME, minutes=minutes)
        newest, first = departures.everything(db)
        assert (newest.attempts, newest.since, newest.begun) == (5, NOW, NOW + timedelta(minutes=4))
        assert first.outcome is Outcome.CONFIRMED
        assert chain.broken(db) == []


@pytest.mark.parametrize(
    "between",
    [
        lambda db: send(db, Outcome.NOTHING_LEFT, Failure.PROXY),
        lambda db: send(db, Outcome.NOTHING_LEFT, Failure.NAME, endpoint="https://elsewhere"),
        lambda db: send(db, Outcome.ERROR),
        lambda db: send(db, Outcome.CONFIRMED),
        note,
    ],
)
def test_what_comes_between_keeps_failures_apart(between: object) -> None:
    with memory_store() as db:
        send(db, Outcome.NOTHING_LEFT, Failure.NAME)
        assert callable(between)
        between(db)
        send(db, Outcome.NOTHING_LEFT, Failure.NAME)
        assert all(each.attempts == 1 for each in departures.everything(db))
        assert chain.broken(db) == []


def test_a_note_between_begin_and_end_is_in_its_place() -> None:
    with memory_store() as db:
        under_way = send(db, None)
        note(db)
        departures.complete(db, under_way, ended=NOW, outcome=Outcome.NOTHING_LEFT, failure=Failure.NAME)
        assert chain.broken(db) == []
        (gone,) = departures.everything(db)
        (noted,) = chain.notes(db)
        assert gone.place > noted.place


def test_the_newest_are_kept_and_older_ones_are_one_link_with_their_numbers() -> None:
    with memory_store() as db:
        for number in range(DEPARTURES_KEPT + 10):
            send(db, Outcome.CONFIRMED, body=b"%d" % number)
        kept = departures.everything(db)
        assert len(kept) == DEPARTURES_KEPT
        assert kept[0].body == b"%d" % (DEPARTURES_KEPT + 9)
        (folded,) = chain.notes(db)
        assert (folded.kind, folded.number, folded.taken) == (NoteKind.FOLDED, 10, 10)
        assert chain.broken(db) == []
        for _ in range(3):
            send(db, Outcome.CONFIRMED)
        (folded,) = chain.notes(db)
        assert (folded.number, folded.taken) == (13, 13)
        assert chain.broken(db) == []


def test_folding_never_parts_a_departure_from_what_came_within_it() -> None:
    with memory_store() as db:
        under_way = send(db, None)
        for _ in range(5):
            note(db)
        departures.complete(db, under_way, ended=NOW, outcome=Outcome.CONFIRMED, taken=1, body=BODY)
        for number in range(DEPARTURES_KEPT):
            note(db)
            if number > DEPARTURES_KEPT - 8:  # where the fold crosses it
                assert chain.broken(db) == []
        assert departures.everything(db) == []


def test_links_are_computed_as_ever() -> None:
    """What one version of the program wrote, every later one has to find whole."""
    with memory_store() as db:
        send(db, Outcome.CONFIRMED, body=b"body")
        chain.add_note(db, at=NOW, kind=NoteKind.DROPPED, number=3)
        (departed,), (noted,) = chain.rows(db)
    written = dict(zip(chain.DEPARTURE_KEYS, departed, strict=True))
    assert written == {
        "id": 1,
        "form": 2,
        "begin_place": 1,
        "begun": "2026-11-23T14:32:07+00:00",
        "endpoint": URL,
        "sha256": digest(b"body"),
        "length": 4,
        "reports": 1,
        "by_hand": 0,
        "begin_link": "0c86d694c1303b49a541f348b9e41de80f703b010b8a6cce1e32a107406ee285",
        "end_place": 2,
        "ended": "2026-11-23T14:32:07+00:00",
        "outcome": "confirmed",
        "status": 200,
        "failure": "",
        "taken": 1,
        "attempts": 1,
        "since": None,
        "end_link": "d9b65d559668b192c7fc3dcdf88e855ff51387912c6d708c84a24a9ebe0b338f",
        "body": b"body",
        "kind": 1,
    }
    assert dict(zip(chain.NOTE_KEYS, noted, strict=True)) == {
        "place": 3,
        "form": 2,
        "at": "2026-11-23T14:32:07+00:00",
        "kind": 1,
        "number": 3,
        "taken": 0,
        "link": "826de286cf551a50e2c6283d1c56c579f795f3f13920d40204fd62526ca49ba1",
    }
