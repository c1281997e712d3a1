"""Notes in the chain, joined failures, and what is folded."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmy_metrics.records import Departure, Failure, Note, NoteKind, Outcome
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, departures
from support.chained import BODY, URL, note, send
from support.samples import NOW, memory_store


def test_notes_are_read_back_as_they_were_written_newest_first() -> None:
    with memory_store() as db:
        note(db)
        chain.add_note(db, at=NOW + timedelta(hours=1), kind=NoteKind.DROPPED, number=7)
        db.execute("UPDATE notes SET taken = 5 WHERE place = 2")
        assert chain.notes(db) == [
            Note(2, NOW + timedelta(hours=1), NoteKind.DROPPED, 7, 5),
            Note(1, NOW, NoteKind.DELETED, 1, 0),
        ]


def test_failures_that_join_are_told_as_the_last_of_them_was() -> None:
    with memory_store() as db:
        for minutes in (0, 5):
            begun = NOW + timedelta(minutes=minutes)
            made = Departure(0, begun, URL, digest(b"%d" % minutes), 10 + minutes, 1 + minutes, by_hand=minutes > 0)
            number = departures.begin(db, made)
            outcome = Outcome.NOTHING_LEFT
            departures.complete(db, number, ended=begun, outcome=outcome, failure=Failure.PROXY)
        (joined,) = departures.everything(db)
        assert joined == Departure(
            row_id=joined.row_id,
            begun=NOW + timedelta(minutes=5),
            endpoint=URL,
            sha256=digest(b"5"),
            length=15,
            reports=6,
            by_hand=True,
            ended=NOW + timedelta(minutes=5),
            outcome=Outcome.NOTHING_LEFT,
            failure=Failure.PROXY,
            attempts=2,
            since=NOW,
            place=2,
        )


def test_what_is_folded_is_one_note_with_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "DEPARTURES_KEPT", 5)
    with memory_store() as db:
        for number in range(6):
            send(db, Outcome.CONFIRMED, body=b"%d" % number, minutes=number)
        assert chain.notes(db) == []  # one more than are kept is no more than the note of it would be
        chain.add_note(db, at=NOW + timedelta(minutes=6), kind=NoteKind.DROPPED, number=9)
        assert [each.body for each in departures.everything(db)] == [b"5", b"4", b"3", b"2"]
        _, folded = chain.notes(db)
        assert folded == Note(4, NOW + timedelta(minutes=1), NoteKind.FOLDED, 2, 2)
        send(db, Outcome.ERROR, minutes=7)
        _, folded = chain.notes(db)
        assert folded == Note(6, NOW + timedelta(minutes=2), NoteKind.FOLDED, 3, 3)
        for minutes in range(8, 14):
            send(db, Outcome.ERROR, minutes=minutes)
        (folded,) = chain.notes(db)
        # Three taken ones, three more, a note (which is one link, however many reports it tells of), two errors.
        assert folded == Note(17, NOW + timedelta(minutes=8), NoteKind.FOLDED, 9, 6)
        assert chain.broken(db) == []


def test_a_look_can_tell_that_something_changed() -> None:
    with memory_store() as db:
        steps: list[Callable[[], object]] = [
            lambda: None,
            lambda: send(db, None),
            lambda: departures.complete(db, 1, ended=NOW, outcome=Outcome.CONFIRMED, taken=1, body=BODY),
            lambda: departures.record_report_ids(db, 1, ["another report"]),
            lambda: db.execute("UPDATE departures SET body = NULL"),
            lambda: note(db),
            lambda: db.execute("DELETE FROM departures"),
        ]
        seen: list[object] = []
        for step in steps:
            step()
            seen.append(chain.stamp(db))
            assert chain.stamp(db) == seen[-1]
        assert len(set(seen)) == len(steps)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(Outcome), st.sampled_from(Failure)),
        st.sampled_from([NoteKind.DROPPED, NoteKind.DELETED]),
        st.just("receipts deleted"),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(steps=STEPS)
def test_whatever_happens_the_chain_is_whole(steps: list[object]) -> None:
    with memory_store() as db:
        for step in steps:
            if isinstance(step, tuple):
                send(db, *step)
            elif isinstance(step, NoteKind):
                note(db, step)
            else:
                departures.delete_receipts(db, NOW, [each.row_id for each in departures.everything(db)], [])
            assert chain.broken(db) == []
