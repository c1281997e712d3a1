"""Whether reports are being sent, where a sender is seen at work: its lock outlives its request for a moment."""

from shimmy_metrics.delivery.backoff import session_ended, take_attempt
from shimmy_metrics.delivery.reading import being_sent
from shimmy_metrics.records import DepartureKind, Outcome
from shimmy_metrics.store import departures, outbox, releases
from shimmy_metrics.store.database import transaction
from support.departed import depart
from support.samples import NOW, memory_store, queued


def test_a_sender_that_has_nothing_left_to_do_sends_no_more() -> None:
    report = queued()
    with memory_store() as db:
        session_ended(db)
        assert not being_sent(db, [], NOW)  # with nothing due
        outbox.add(db, report)
        assert being_sent(db, [], NOW)
        take_attempt(db)
        assert not being_sent(db, [], NOW)
        depart(db, report, outcome=None)
        assert being_sent(db, departures.everything(db), NOW)
        departures.complete_abandoned(db, NOW)
        assert not being_sent(db, departures.everything(db), NOW)
        with transaction(db):
            releases.release(db, [1], "", NOW)
        assert being_sent(db, departures.everything(db), NOW)


def test_a_recall_has_the_sender_s_lock_and_sends_no_report() -> None:
    with memory_store() as db:
        outbox.add(db, queued())
        depart(db, queued(), outcome=Outcome.CONFIRMED)
        recall = departures.everything(db)[0]
        depart(db, queued(), outcome=None)
        under_way = departures.everything(db)[0]
        assert not being_sent(db, [under_way._replace(kind=DepartureKind.RECALL), recall], NOW)
