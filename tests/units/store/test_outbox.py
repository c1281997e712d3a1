"""The outbox: bounded, byte for byte, and each report in its state."""

from datetime import timedelta

import pytest

from shimmy_metrics.limits import OUTBOX_REPORTS
from shimmy_metrics.records import Cause, QueueState
from shimmy_metrics.store import outbox
from support.queued import report, uuid
from support.samples import NOW, memory_store, queued, sealed


def test_a_report_is_read_back_byte_for_byte() -> None:
    with memory_store() as db:
        outbox.add(db, queued(consent_id="g"))
        outbox.add(db, queued(consent_id="g"))  # sealed twice by a crash between two steps: there once
        assert outbox.due(db) == [queued(consent_id="g")._replace(row_id=1)]
        assert (outbox.due(db)[0].body, outbox.due(db)[0].sha256) == (sealed().body, sealed().sha256)


def test_it_is_bounded_in_number_and_age() -> None:
    with memory_store() as db:
        outbox.add(db, queued(uuid(999), moment=NOW - timedelta(days=15)))
        for number in range(OUTBOX_REPORTS + 3):
            outbox.add(db, report(number))
        assert outbox.expire(db, NOW) == 4
        kept = outbox.everything(db)
        assert len(kept) == OUTBOX_REPORTS
        assert kept[0].report_id == uuid(3)  # the oldest went first


def test_the_age_ends_after_fourteen_days_and_not_before() -> None:
    with memory_store() as db:
        outbox.add(db, queued(moment=NOW - timedelta(days=14)))
        (waiting,) = outbox.everything(db)
        for now, old in ((NOW, False), (NOW + timedelta(seconds=1), True)):
            assert waiting.overdue(now) is old
            assert outbox.expire(db, now) == int(old)


def test_states_move_and_what_was_held_by_hand_stays() -> None:
    with memory_store() as db:
        for number, state in enumerate(QueueState):
            outbox.add(db, queued(uuid(number), state))
        outbox.move_all(db, QueueState.DUE, QueueState.HELD_BY_MODE)
        assert outbox.due(db) == []
        outbox.move_all(db, QueueState.HELD_BY_MODE, QueueState.DUE)
        assert len(outbox.due(db)) == 2
        assert [each.state for each in outbox.everything(db)[2:]] == list(QueueState)[2:]


def test_a_report_set_aside_has_its_cause() -> None:
    with memory_store() as db:
        outbox.add(db, report(1))
        outbox.set_state(db, 1, QueueState.SET_ASIDE, Cause.RULE, "platform: no such word")
        aside = outbox.get(db, 1)
        assert aside is not None
        assert (aside.cause, aside.detail) == (Cause.RULE, "platform: no such word")


@pytest.mark.parametrize(
    ("consent_id", "endpoint", "held"), [("g", "https://e", 0), ("h", "https://e", 4), ("g", "https://f", 4)]
)
def test_what_another_yes_covers_is_held(consent_id: str, endpoint: str, held: int) -> None:
    with memory_store() as db:
        for number, state in enumerate(QueueState):
            outbox.add(db, queued(uuid(number), state, consent_id="g", endpoint="https://e"))
        outbox.hold_others(db, consent_id, endpoint)
        states = [each.state for each in outbox.everything(db)]
        assert states.count(QueueState.HELD_FOR_ENDPOINT) == 1 + held
        assert (QueueState.HELD_BY_HAND in states) is not bool(held)
        assert QueueState.SET_ASIDE in states


def test_a_report_of_the_future_counts_as_sealed_now_and_none_other_does() -> None:
    with memory_store() as db:
        moments = [NOW - timedelta(hours=1), NOW + timedelta(days=1), NOW + timedelta(days=1, seconds=1)]
        for number, moment in enumerate(moments):
            outbox.add(db, queued(uuid(number), moment=moment))
        assert outbox.expire(db, NOW) == 0
        assert [each.sealed for each in outbox.everything(db)] == [*moments[:2], NOW]


def test_one_that_is_gone_is_none_and_cannot_go_again() -> None:
    with memory_store() as db:
        outbox.add(db, report(1))
        assert outbox.get(db, 2) is None
        assert not outbox.remove(db, 2)
        assert outbox.remove(db, 1)
        assert not outbox.remove(db, 1)
        assert outbox.get(db, 1) is None


def test_a_state_without_a_reason_has_none() -> None:
    with memory_store() as db:
        outbox.add(db, report(1))
        outbox.set_state(db, 1, QueueState.HELD_BY_HAND)
        held = outbox.get(db, 1)
        assert held == report(1)._replace(row_id=1, state=QueueState.HELD_BY_HAND)
