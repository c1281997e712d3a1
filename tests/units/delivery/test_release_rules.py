"""A release by hand: what goes with it, under which yes, and for how long."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.delivery.post import Response
from shimmy_metrics.limits import RELEASE_SECONDS
from shimmy_metrics.records import Cause, Failure, QueueState
from shimmy_metrics.report.seal import join
from shimmy_metrics.store import chain, outbox, releases
from support.fake_wire import Exchange
from support.queued import report, uuid
from support.samples import NOW, memory_store
from support.sender_alone import YES, Sender

NEVER = Exchange(None)
"""No answer comes."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    with memory_store() as db:
        yield Sender(tmp_path, db, monkeypatch)


def test_a_release_by_hand_is_a_request_of_its_own_and_says_nothing_of_the_others(home: Sender) -> None:
    home.queue(1, 2, 3)
    wire = home.send_released(2, meets=Exchange(before_body=lambda: home.queue(4)))
    assert [each.body for each in wire.requests] == [report(2).body]
    assert [gone.by_hand for gone in home.departures] == [True]
    assert list(home.states) == [uuid(1), uuid(3), uuid(4)]


def test_what_is_released_while_another_sender_is_about_to_send_is_left_to_its_own(home: Sender) -> None:
    home.queue(1, 2, 3)
    home.release(2)
    wire = home.send()
    assert [each.body for each in wire.requests] == [join([report(1).body, report(3).body])]
    assert [each.body for each in home.run(released=(2,)).requests] == [report(2).body]
    assert home.states == {}


def test_each_of_two_releases_is_a_request_of_its_own(home: Sender) -> None:
    home.queue(1, 2, 3)
    home.release(3, 1)
    home.release(2)
    assert [each.body for each in home.run(released=(2,)).requests] == [report(2).body]
    assert [each.body for each in home.run(released=(3, 1)).requests] == [join([report(1).body, report(3).body])]


@pytest.mark.parametrize("state", [QueueState.HELD_BY_MODE, QueueState.HELD_BY_HAND, QueueState.HELD_FOR_ENDPOINT])
@pytest.mark.parametrize(
    "meets", [NEVER, Exchange(Response(500)), Exchange(Response(failure=Failure.CONNECTION)), Exchange(Response(429))]
)
def test_what_was_released_and_not_taken_waits_as_before(home: Sender, state: QueueState, meets: Exchange) -> None:
    home.queue(1)
    outbox.set_state(home.db, 1, state)
    (before,) = outbox.everything(home.db)
    home.send_released(1, meets=meets)
    assert outbox.everything(home.db) == [before]
    (gone,) = home.departures
    assert gone.by_hand
    assert not gone.receipt
    for _ in range(5):
        assert home.send().seconds == []  # by itself it does not leave


def test_what_was_set_aside_and_released_in_vain_stays_so_with_its_reason(home: Sender) -> None:
    home.queue(1)
    outbox.set_state(home.db, 1, QueueState.SET_ASIDE, Cause.REFUSED, "400")
    (before,) = outbox.everything(home.db)
    home.send_released(1, meets=NEVER)
    assert outbox.everything(home.db) == [before]


def test_a_release_counts_under_the_yes_it_was_given_under_alone_and_goes_to_its_endpoint(home: Sender) -> None:
    home.queue(1, consent_id="an earlier yes")
    outbox.set_state(home.db, 1, QueueState.HELD_FOR_ENDPOINT)
    home.release(1, consent_id="an earlier yes")
    assert home.run(released=(1,)).seconds == []
    assert home.send_released(1).seconds
    assert home.states == {}


def test_a_release_that_no_sender_took_in_its_time_is_over(home: Sender) -> None:
    home.queue(1, 2)
    later = NOW + timedelta(seconds=RELEASE_SECONDS + 1)
    releases.release(home.db, [1], YES, later)
    releases.release(home.db, [2], YES, NOW - timedelta(seconds=RELEASE_SECONDS + 1))
    assert home.run(released=(1, 2)).seconds == []
    assert [each.body for each in home.send().requests] == [join([report(1).body, report(2).body])]


def test_what_has_waited_too_long_is_neither_sent_nor_dropped(home: Sender) -> None:
    home.queue(1, 2)
    home.db.execute("UPDATE outbox SET sealed = ? WHERE row_id = 1", ((NOW - timedelta(days=15)).isoformat(),))
    assert [each.body for each in home.send().requests] == [report(2).body]
    assert home.send_released(1).requests == []
    assert home.states == {uuid(1): QueueState.DUE}
    assert chain.notes(home.db) == []


def test_what_was_sealed_under_another_yes_is_held(home: Sender) -> None:
    home.queue(1)
    home.queue(2, consent_id="an earlier yes")
    home.queue(3, endpoint="http://127.0.0.1:9/elsewhere")
    wire = home.send()
    assert [each.body for each in wire.requests] == [report(1).body]
    assert home.states == {uuid(2): QueueState.HELD_FOR_ENDPOINT, uuid(3): QueueState.HELD_FOR_ENDPOINT}
