"""A person's hand on one report goes before what was said of all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions import outbox as by_hand
from shimmy_metrics.actions.decide import enable, hold
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.validate import validate_given
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.records import Outcome, QueueState
from shimmy_metrics.store import outbox, releases
from shimmy_metrics.store.database import opened
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support import samples
from support.departed import depart

OTHER_ID = "c0ffee00-0000-4000-8000-00000000beef"


@pytest.fixture
def mine(tmp_path: Path) -> Profile:
    """Return a profile with two reports that are due, of which the first is held by hand."""
    made = samples.profile(tmp_path)
    consent_id = enable(made).decision.consent_id
    with opened(made) as db:
        outbox.add(db, samples.queued(consent_id=consent_id))
        outbox.add(db, samples.queued(OTHER_ID, consent_id=consent_id))
        first = outbox.due(db)[0]
    assert by_hand.hold_back(made, first.row_id)
    return made


def _waits(profile: Profile) -> list[QueueState]:
    with open_readonly(profile) as db:
        assert db is not None
        return [each.state for each in outbox.everything(db)]


def _begun(profile: Profile, place: int) -> int:
    """Begin to send the waiting report at that place, and return its row id."""
    with opened(profile) as db:
        report = outbox.everything(db)[place]
        depart(db, report, outcome=None)
    return report.row_id


@contextmanager
def _sender(profile: Profile) -> Iterator[None]:
    """Be at work as a sender is."""
    lock = Lock(lock_path(profile))
    assert lock.take()
    yield
    lock.release()


def test_one_that_is_held_with_the_others_stays_held_when_those_are_freed(mine: Profile) -> None:
    hold(mine, review=True)
    with open_readonly(mine) as db:
        assert db is not None
        second = outbox.everything(db)[1]
    assert by_hand.hold_back(mine, second.row_id)
    hold(mine, review=False)
    assert _waits(mine) == [QueueState.HELD_BY_HAND, QueueState.HELD_BY_HAND]


def test_a_report_held_by_hand_stays_until_it_is_released_by_hand(
    mine: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _waits(mine) == [QueueState.HELD_BY_HAND, QueueState.DUE]
    hold(mine, review=True)
    assert _waits(mine) == [QueueState.HELD_BY_HAND, QueueState.HELD_BY_MODE]
    hold(mine, review=False)
    assert _waits(mine) == [QueueState.HELD_BY_HAND, QueueState.DUE]
    monkeypatch.setattr(by_hand, "start_sender", lambda *_args, **_more: None)
    with open_readonly(mine) as db:
        assert db is not None
        held = outbox.everything(db)[0]
    assert by_hand.release(mine, [held.row_id], ENDPOINT)
    assert _waits(mine) == [QueueState.HELD_BY_HAND, QueueState.DUE]  # whatever becomes of its request


def test_one_that_is_too_old_to_be_sent_is_not_counted_among_those_that_are_sent_again(mine: Profile) -> None:
    hold(mine, review=True)
    aged = mine._replace(clock=Clock(now=lambda: samples.NOW + timedelta(days=15)))
    assert hold(aged, review=False).moved == 0
    assert hold(mine, review=True).moved == 1
    assert hold(mine, review=False).moved == 1


def test_that_a_report_is_held_by_hand_is_said(mine: Profile) -> None:
    shown = overview(mine, samples.FACTS)
    assert "is held until you release it" in "\n".join(plain_report(shown, samples.NOW))
    assert validate_given(export(mine), mine).ok


def test_one_that_is_being_sent_cannot_be_held_back_and_says_so(mine: Profile) -> None:
    second = _begun(mine, 1)
    with _sender(mine):
        assert not by_hand.hold_back(mine, second)
        assert _waits(mine) == [QueueState.HELD_BY_HAND, QueueState.DUE]
    assert by_hand.hold_back(mine, second)  # its sender was killed


def test_one_that_is_held_and_was_released_is_not_said_to_be_held_while_it_is_sent(mine: Profile) -> None:
    first = _begun(mine, 0)
    with _sender(mine):
        assert not by_hand.hold_back(mine, first)
    assert by_hand.hold_back(mine, first)


def test_one_that_was_given_to_a_receiver_before_can_be_held_back_while_others_leave(mine: Profile) -> None:
    with opened(mine) as db:
        second = outbox.due(db)[0]
        depart(db, second, outcome=Outcome.ERROR)
    lock = Lock(lock_path(mine))
    assert lock.take()
    assert by_hand.hold_back(mine, second.row_id)
    lock.release()


def test_holding_a_report_back_takes_back_its_release(mine: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_hand, "start_sender", lambda *_args, **_more: None)
    with opened(mine) as db:
        second = outbox.due(db)[0]
        assert by_hand.release(mine, [second.row_id], ENDPOINT) == 1
        assert releases.released(db, samples.NOW) == {second.row_id}
        assert by_hand.hold_back(mine, second.row_id)
        assert releases.released(db, samples.NOW) == frozenset()
