"""Whether reports are being sent, where a sender is seen at work: its lock outlives its request for a moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.delivery import reading as module
from shimmy_metrics.delivery.backoff import session_ended, take_attempt
from shimmy_metrics.delivery.reading import being_sent, outbox_for_sender, read_with_sender
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import DepartureKind, Outcome, QueueState
from shimmy_metrics.store import departures, outbox, releases
from shimmy_metrics.store.database import Database, opened, transaction
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support.departed import depart
from support.samples import NOW, memory_store, profile, queued


def test_a_sender_that_has_nothing_left_to_do_sends_no_more() -> None:
    report = queued()
    with memory_store() as db:
        session_ended(db)
        assert not being_sent(db, NOW, at_work=True)  # with nothing due
        outbox.add(db, report)
        assert being_sent(db, NOW, at_work=True)
        take_attempt(db)
        assert not being_sent(db, NOW, at_work=True)
        depart(db, report, outcome=None)
        assert being_sent(db, NOW, at_work=True)
        departures.complete_abandoned(db, NOW)
        assert not being_sent(db, NOW, at_work=True)
        with transaction(db):
            releases.release(db, [1], "", NOW)
        assert being_sent(db, NOW, at_work=True)
        assert not being_sent(db, NOW, at_work=False)


def test_a_recall_has_the_sender_s_lock_and_sends_no_report() -> None:
    with memory_store() as db:
        outbox.add(db, queued())
        depart(db, queued(), outcome=Outcome.CONFIRMED)
        with transaction(db):
            departures.begin(db, departures.everything(db)[0]._replace(kind=DepartureKind.RECALL))
        assert not being_sent(db, NOW, at_work=True)


@pytest.mark.parametrize(
    ("consent", "state"), [(Consent.GRANTED, QueueState.HELD_FOR_ENDPOINT), (Consent.DECLINED, QueueState.DUE)]
)
def test_the_next_sender_holds_reports_of_another_yes_and_after_a_no_there_is_none(
    consent: Consent, state: QueueState
) -> None:
    with memory_store() as db:
        outbox.add(db, queued(consent_id="another yes"))
        found = outbox_for_sender(db, Decision(consent, consent_id="this one"))
        assert [each.state for each in found] == [state]
        assert found == tuple(outbox.everything(db))  # what is read of this copy afterwards agrees


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    """Return a profile whose store holds a report."""
    made = profile(tmp_path)
    with opened(made) as db:
        outbox.add(db, queued())
    return made


def test_the_store_is_read_and_nobody_is_at_work(mine: Profile) -> None:
    with read_with_sender(mine, off=False) as (db, sending):
        assert db is not None
        assert len(outbox.everything(db)) == 1
        assert sending is False


@pytest.mark.parametrize(("before", "after"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_sender_counts_that_was_at_work_before_the_copy_or_after_it(
    mine: Profile, monkeypatch: pytest.MonkeyPatch, before: bool, after: bool
) -> None:
    lock = Lock(lock_path(mine))

    @contextmanager
    def copied(profile: Profile, *, off: bool) -> Iterator[Database | None]:
        with open_readonly(profile, off=off) as db:
            lock.release()
            if after:
                assert lock.take()
            yield db

    monkeypatch.setattr(module, "open_readonly", copied)
    if before:
        assert lock.take()
    with read_with_sender(mine, off=True) as (_, sending):
        assert sending is (before or after)
    lock.release()


def test_while_off_a_place_without_a_store_is_not_judged(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    mine.state_path.chmod(0o777)
    with read_with_sender(mine, off=True) as (db, _):
        assert db is None
    with pytest.raises(UserError, match="others may write"), read_with_sender(mine, off=False):
        pass
