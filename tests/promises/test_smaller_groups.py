"""A receiver that names a smaller group than before holds what waits, until it is released or agreed to anew."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.validate import validate_held
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.records import QueueState
from shimmy_metrics.store import chain, outbox
from shimmy_metrics.store.database import opened
from shimmy_metrics.wording.consent_question import disclosure
from support.installed import Home
from support.queue_report import FIRST, SECOND, THIRD, end_session, queue_report
from support.receiver import Behaviour, Receiver, accept, naming

FOURTH = FIRST[:-1] + "4"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path) as receiver:
        yield receiver


@pytest.fixture
def home(tmp_path: Path, receiver: Receiver) -> Home:
    home = Home(tmp_path / "home", receiver.variables)
    home.root.mkdir()
    enable(home.profile)
    return home


def _sent(home: Home, report_id: str) -> None:
    queue_report(home, report_id)
    end_session(home)


def _states(home: Home) -> dict[str, QueueState]:
    with opened(home.profile) as db:
        assert chain.broken(db) == []
        return {each.report_id: each.state for each in outbox.everything(db)}


def _status(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.metrics("status", "--json").stdout)
    return found


def _lowered(home: Home, receiver: Receiver) -> None:
    """Send a report under the usual groups and one after that, of which the answer names smaller ones."""
    _sent(home, FIRST)
    receiver.behaviour = naming(3)
    _sent(home, SECOND)
    receiver.received.clear()
    _sent(home, THIRD)


def test_what_waits_then_is_held_and_every_face_says_why(home: Home, receiver: Receiver) -> None:
    _lowered(home, receiver)
    assert receiver.received == []
    assert _states(home) == {THIRD: QueueState.HELD_FOR_GROUPS}
    found = _status(home)
    assert (found["published_from"], found["published_from_agreed"], found["reports_held"]) == (3, 20, 1)
    said = f"{receiver.url} now publishes figures about 3 or more reports; under your yes it was 20."
    assert said in home.metrics("status").stdout
    assert "held for review" in home.metrics("status").stdout
    plain = home.run("tui", "--plain").stdout
    assert said in plain
    assert "publishes figures about fewer reports than before" in plain
    history = home.run("history", command="shimmy-metrics").stdout
    assert "Figures about 3 or more reports announced; what was due was held" in history
    (note, *_) = [
        each
        for each in json.loads(home.run("history", "--json", command="shimmy-metrics").stdout)
        if each["kind"] == "groups-lowered"
    ]
    assert (note["number"], note["as_written"]) == (3, True)
    assert validate_held(home.profile).ok


def test_it_is_sent_when_it_is_released_by_hand(home: Home, receiver: Receiver) -> None:
    _lowered(home, receiver)
    assert home.run("release", THIRD, command="shimmy-metrics").returncode == 0
    assert [THIRD.encode() in each.body for each in receiver.received] == [True]
    _sent(home, FOURTH)
    assert _states(home) == {FOURTH: QueueState.HELD_FOR_GROUPS}


def test_a_new_yes_agrees_to_it_and_what_was_held_is_sent(home: Home, receiver: Receiver) -> None:
    _lowered(home, receiver)
    assert home.metrics("enable").stdout.startswith("Metrics are on.")
    assert _states(home) == {THIRD: QueueState.DUE}
    found = _status(home)
    assert (found["published_from"], found["published_from_agreed"]) == (3, 3)
    _sent(home, FOURTH)
    assert _states(home) == {}
    (sent,) = receiver.received
    assert THIRD.encode() in sent.body
    assert FOURTH.encode() in sent.body


def test_no_longer_holding_is_no_yes_to_it(home: Home, receiver: Receiver) -> None:
    _lowered(home, receiver)
    for word in ("review", "automatic"):
        told = home.run(word, command="shimmy-metrics")
    assert told.stdout.startswith(f"Your choice is recorded. {receiver.url} ")  # and not that nothing is held any more
    assert "now publishes figures about 3 or more reports" in told.stdout
    _sent(home, FOURTH)
    assert receiver.received == []
    assert {*_states(home).values()} == {QueueState.HELD_FOR_GROUPS}


@pytest.mark.parametrize(
    "behaviour",
    [
        *(accept, naming(21), naming("3")),
        *(pytest.param(naming(each), marks=pytest.mark.thorough) for each in (20, 0, True, 3.0)),
    ],
)
def test_the_same_a_larger_one_or_no_number_holds_nothing(home: Home, receiver: Receiver, behaviour: Behaviour) -> None:
    _sent(home, FIRST)
    receiver.behaviour = behaviour
    for each in (SECOND, THIRD):
        _sent(home, each)
    assert len(receiver.received) == 3
    assert _states(home) == {}


def test_what_a_receiver_of_ones_own_names_first_is_what_was_agreed_to(home: Home, receiver: Receiver) -> None:
    receiver.behaviour = naming(3)
    for each in (FIRST, SECOND):
        _sent(home, each)
    assert len(receiver.received) == 2
    assert _status(home)["published_from_agreed"] == 3


def test_the_question_about_a_receiver_of_ones_own_says_that_it_may_and_shimmy_s_that_it_does_not() -> None:
    asked = " ".join(disclosure("https://metrics.example.org/v1/usage"))
    assert "Shimmy's publishes no figure about fewer than 20 reports; this one may." in asked
    assert "fewer" not in " ".join(disclosure(ENDPOINT))
