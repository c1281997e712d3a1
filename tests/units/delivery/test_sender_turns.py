"""One sender at a time, one attempt an end: back-off, turns and time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.delivery import sender
from shimmy_metrics.delivery.consent_with_answers import ENDED
from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.records import Failure, Outcome, QueueState
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import set_meta
from shimmy_metrics.system.locks import Lock, is_locked
from shimmy_metrics.system.profile import Profile
from support.fake_wire import Exchange
from support.queued import LOCAL, report, uuid
from support.samples import memory_store
from support.sender_alone import Sender

NEVER = Exchange(None)
"""No answer comes."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    with memory_store() as db:
        yield Sender(tmp_path, db, monkeypatch)


def test_an_attempt_keeps_a_quarter_of_a_second_for_its_end(home: Sender) -> None:
    home.queue(1)
    wire = home.send(NEVER, seconds=3.0)
    (gone,) = home.departures
    assert (gone.outcome, gone.failure) == (Outcome.NO_ANSWER, Failure.TIME)
    assert wire.seconds == [2.75]
    assert set(wire.asked) == {0.02}
    assert 2.75 < wire.now - wire.began < 2.80
    assert home.back_off == ("1", "0")


def test_where_no_connection_can_be_made_that_is_what_is_on_record(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(Response(failure=Failure.CONNECTION)))
    (gone,) = home.departures
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.CONNECTION, ())
    assert home.back_off == ("1", "0")


def test_when_its_time_is_up_nothing_is_begun(home: Sender) -> None:
    home.queue(1)
    for seconds in (-1.0, 0.0):
        home.send(seconds=seconds)
    assert home.departures == []


def test_a_failure_is_counted_and_the_rest_waits_for_a_later_end(home: Sender) -> None:
    home.queue(1)
    set_meta(home.db, "passed-over", "2")
    wire = home.send(Exchange(Response(500)), Exchange(Response(500)))
    assert len(wire.requests) == 1
    assert home.back_off == ("1", "0")
    assert home.states == {uuid(1): QueueState.DUE}
    (gone,) = home.departures
    assert (gone.outcome, gone.status, gone.taken, gone.body) == (Outcome.ERROR, 500, 0, b"")
    home.send(Exchange(Response(500)))
    assert home.back_off == ("2", "0")


def test_back_off_passes_over_ends_and_a_release_by_hand_is_never_passed_over(home: Sender) -> None:
    home.queue(1)
    set_meta(home.db, "failures", "3")
    passed = []
    for _ in range(3):
        attempted = bool(home.send(Exchange(Response(500))).seconds)
        passed.append((attempted, *home.back_off))
    assert passed == [(False, "3", "1"), (False, "3", "2"), (True, "4", "0")]
    assert home.send_released(1, meets=Exchange(Response(500))).seconds
    assert home.back_off == ("5", "0")


def test_what_is_sealed_while_another_is_sent_goes_with_its_own_end(home: Sender) -> None:
    home.queue(1)

    def ended() -> None:
        home.queue(2)
        home.end()

    wire = home.send(Exchange(before_body=ended))
    assert [each.body for each in wire.requests] == [report(1).body]
    assert [each.body for each in home.run().requests] == [report(2).body]
    assert home.states == {}


def test_one_end_makes_one_attempt_however_many_senders_are_started(home: Sender) -> None:
    home.queue(1)
    assert home.send(Exchange(Response(500))).seconds
    for _ in range(3):
        assert home.run(Exchange(Response(500))).seconds == []
    assert home.back_off == ("1", "0")
    assert home.end()
    assert home.run(Exchange(Response(500))).seconds
    assert home.back_off == ("2", "0")
    assert not home.end()
    for _ in range(3):
        assert home.run().seconds == []
    assert home.back_off == ("2", "1")


def test_an_end_that_comes_while_another_attempt_fails_makes_its_own(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(Response(500), before_body=home.end))
    assert home.run(Exchange(Response(500))).seconds
    assert home.back_off == ("2", "0")


def test_for_a_released_report_that_is_gone_nothing_is_begun(home: Sender) -> None:
    home.queue(1)
    assert home.send_released(99).seconds == []
    assert home.departures == []
    assert home.states == {uuid(1): QueueState.DUE}


def test_where_the_programme_ended_meanwhile_nothing_leaves(home: Sender) -> None:
    home.queue(1)
    wire = home.send(Exchange(before_head=lambda: set_meta(home.db, ENDED, LOCAL)))
    assert wire.requests == []
    assert [gone.failure for gone in home.departures] == [Failure.WITHDRAWN]


def test_an_attempt_or_a_release_is_taken_with_its_departure_or_not_at_all(
    home: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.queue(1, 2)
    home.end()
    home.release(2)

    def ended(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as until_then:
        until_then.setattr(departures, "begin", ended)
        for released in ((), (2,)):
            with pytest.raises(SystemExit):
                home.run(released=released)
    assert home.departures == []
    assert [each.body for each in home.run(released=(2,)).requests] == [report(2).body]
    assert [each.body for each in home.run().requests] == [report(1).body]


def test_one_sender_at_a_time(home: Sender) -> None:
    home.queue(1)
    lock = Lock(lock_path(home.profile))
    assert lock.take()
    home.send(seconds=0.05)
    assert home.departures == []
    lock.release()
    home.send()
    assert len(home.departures) == 1
    assert not is_locked(lock_path(home.profile))


def test_a_sender_that_waits_for_another_begins_soon_after_its_end(home: Sender) -> None:
    home.queue(1)
    home.end()
    lock = Lock(lock_path(home.profile))
    assert lock.take()
    home.at_opening = lambda opened: lock.release() if opened == 3 else None
    wire = home.run()
    assert len(wire.requests) == 1
    assert wire.now - wire.began < 0.1


def test_without_a_store_there_is_nothing_to_send(home: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def none(_: Profile) -> Iterator[None]:
        yield None

    monkeypatch.setattr(sender, "open_readonly", none)
    home.send()
    home.send_released(1)
    assert home.busy_seconds == []
