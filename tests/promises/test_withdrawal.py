"""A no at any instant between a server's stop and the receipt: no body is begun after it, and no sentence is untrue.

The receiver keeps a record of its own, which every sentence is held against.
"""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.actions.outbox import delete, hold_back
from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.sender_lock import wait_until_gone
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.store import chain, departures, outbox
from shimmy_metrics.store.database import opened
from support.installed import LONGEST, Home, stop
from support.queued import end_of_session, fill_outbox
from support.servers import ask, free_port, wait_for
from support.stalling import STAGES, StallingReceiver
from support.upstream import Upstream

SEEN_WITHIN = 0.25
"""How soon a sender sees by itself that the config was changed or deleted (seconds)."""

NOTED_WITHIN = 0.25
"""How late the receiver may note what has come: its threads wait for a processor like all others (seconds)."""


def _disable(home: Home) -> tuple[float, str]:
    done = home.metrics("disable")
    assert done.returncode == 0, done.stderr
    return time.time(), done.stdout


def _in_the_app(home: Home) -> tuple[float, str]:
    decline(home.profile)
    return time.time(), ""


def _remove(home: Home) -> tuple[float, str]:
    home.profile.config_path.unlink()
    return time.time() + SEEN_WITHIN, ""


def _edit(home: Home) -> tuple[float, str]:
    path = home.profile.config_path
    path.write_bytes(path.read_bytes().replace(b'"enabled": true', b'"enabled": false'))
    return time.time() + SEEN_WITHIN, ""


def _agree_to_another(home: Home) -> tuple[float, str]:
    done = home.having(SHIMMY_METRICS_ENDPOINT="https://localhost:9/v1/usage").metrics("enable")
    assert done.returncode == 0, done.stderr
    return time.time(), ""


WAYS: list[Callable[[Home], tuple[float, str]]] = [_disable, _in_the_app, _remove, _edit, _agree_to_another]
EACH = [(stage, way) for stage in STAGES for way in WAYS]


def _stop_a_measured_server(home: Home, upstream: Upstream) -> None:
    port = free_port()
    with home.started("serve", "--upstream", upstream.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        ask(port)
        stop(process)


def _contradictions(receiver: StallingReceiver, said: str, gone: list[Departure]) -> list[str]:
    """Return the sentences that the receiver's record contradicts."""
    came = [each for each in receiver.arrivals if each.head_at]
    bodies = [each for each in came if each.body_at]
    found: list[str] = []
    for departure in gone:
        if departure.outcome is Outcome.NOTHING_LEFT and came:
            found.append(f"{departure.outcome} beside {len(came)} heads")
        if departure.outcome is not None and departure.outcome.taken and not any(each.answered for each in came):
            found.append(f"{departure.outcome}, yet nothing was answered")
    if bodies and not any(departure.outcome is not Outcome.NOTHING_LEFT for departure in gone):
        found.append("a body came, and no departure tells of it")
    never = re.search(r"(\d+) reports? that (?:was|were) never sent", said)
    if never and bodies:
        found.append(f"said: {said}")
    return found


def _withdrawn(root: Path, stage: str, way: Callable[[Home], tuple[float, str]], delay: float, stall: float) -> None:
    root.mkdir()
    receiver = StallingReceiver(root, stage, stall)
    with receiver.running(), Upstream() as upstream:
        home = Home(root, receiver.variables)
        home.agree()
        fill_outbox(home.profile, 1)  # the session of a strange server is for the person alone at Shimmy's endpoint
        _stop_a_measured_server(home, upstream)
        time.sleep(delay)
        silent_from, said = way(home)
        assert wait_until_gone(home.profile, LONGEST)
        time.sleep(stall if stage != "answer" else 0.1)  # a body that was on its way would be here by then
    late = [each for each in receiver.arrivals if each.body_at > silent_from + NOTED_WITHIN]
    with opened(home.profile) as db:
        gone = departures.everything(db)
        assert chain.broken(db) == []
        waiting = outbox.everything(db)
    told = f"{stage} {way.__name__} after {delay:.3f} s: {said} {[each.outcome for each in gone]}"
    assert not late, told
    assert not _contradictions(receiver, said, gone), told
    if way in (_disable, _in_the_app):
        assert waiting == [], told


@pytest.mark.parametrize(("stage", "way"), EACH, ids=lambda each: getattr(each, "__name__", each))
def test_after_a_withdrawal_no_body_begins_and_no_sentence_is_untrue(
    tmp_path: Path, stage: str, way: Callable[[Home], tuple[float, str]]
) -> None:
    chance = random.Random(f"{stage} {way.__name__}")
    _withdrawn(tmp_path / "home", stage, way, chance.uniform(0.0, 0.8), 1.0)


def _delete_one(home: Home) -> bool:
    try:
        return delete(home.profile, 1).gone
    except UserError:
        return False  # it is being sent, and that is what was said


def _hold_one_back(home: Home) -> bool:
    return hold_back(home.profile, 1)


@pytest.mark.parametrize("take_back", [_delete_one, _hold_one_back])
@pytest.mark.parametrize("stage", STAGES)
def test_a_report_that_was_deleted_or_held_back_has_not_left_and_does_not(
    tmp_path: Path, stage: str, take_back: Callable[[Home], bool]
) -> None:
    receiver = StallingReceiver(tmp_path, stage, 1.0)
    with receiver.running():
        home = Home(tmp_path, receiver.variables)
        home.agree()
        fill_outbox(home.profile, 1)
        end_of_session(home.profile)
        start_sender(home.profile)
        time.sleep(random.Random(f"{stage} {take_back.__name__}").uniform(0.0, 1.2))
        done = take_back(home)
        taken_back = home.profile.clock.now()
        assert wait_until_gone(home.profile, LONGEST)
    with opened(home.profile) as db:
        gone = departures.everything(db)
        assert chain.broken(db) == []
    # A sender that began late may have given up before, and nobody knows what its receiver has.
    had_left = any(each.report_ids and (each.ended is None or each.ended <= taken_back) for each in gone)
    if done and not had_left:
        assert not any(each.body_at for each in receiver.arrivals), gone
    assert not _contradictions(receiver, "", gone)


@pytest.mark.long
def test_at_two_hundred_random_instants(tmp_path: Path) -> None:
    seed = time.time_ns()
    chance = random.Random(seed)
    for number in range(200):
        stage, way = EACH[number % len(EACH)]
        try:
            _withdrawn(tmp_path / f"{number}", stage, way, chance.uniform(0.0, 1.6), 1.0)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, round {number}") from error
