"""The end of a session: sealed under the yes that measured it, kept for the person, or discarded."""

from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from shimmy_metrics.actions.decide import decline, enable, hold, only_for_me
from shimmy_metrics.consent.state import Decision
from shimmy_metrics.delivery import groups
from shimmy_metrics.delivery.seal import end_session, recover_crashed, seal_ended
from shimmy_metrics.records import NoteKind, QueueState
from shimmy_metrics.store import chain, outbox, sessions
from shimmy_metrics.store.database import Database, opened
from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL, uuid
from support.samples import COUNTERS, FACTS, NOW, profile, session

OTHER = "http://127.0.0.1:9/another"


def _ready(root: Path, url: str = LOCAL) -> tuple[Profile, Decision]:
    mine = profile(root, SHIMMY_METRICS_ENDPOINT=url)
    return mine, enable(mine).decision


def _begin(db: Database, number: int, decision: Decision) -> int:
    begun = session(uuid(number), consent_id=decision.consent_id)._replace(endpoint=decision.endpoint)
    return sessions.begin(db, begun)


def _end(mine: Profile, db: Database, number: int, decision: Decision) -> bool:
    return end_session(mine, db, _begin(db, number, decision), COUNTERS, FACTS)


def test_a_session_becomes_a_report_with_the_yes_it_was_measured_under(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    with opened(mine) as db:
        assert _end(mine, db, 1, decision)
        (waiting,) = outbox.everything(db)
        assert (waiting.report_id, waiting.sealed, waiting.state) == (uuid(1), NOW, QueueState.DUE)
        assert (waiting.consent_id, waiting.endpoint) == (decision.consent_id, LOCAL)
        assert b'"timestamp":"2026-11-23T00:00:00Z"' in waiting.body
        assert sessions.running(db) == []
        assert sessions.kept(db) == []  # its figures stay with the report, and go with it
        assert [each.report_id for each in sessions.everything(db)] == [uuid(1)]
        outbox.remove(db, waiting.row_id)
        assert sessions.everything(db) == []


def test_what_was_measured_under_another_yes_waits_for_the_person(tmp_path: Path) -> None:
    mine, earlier = _ready(tmp_path)
    other, decision = _ready(tmp_path, OTHER)
    assert decision.consent_id != earlier.consent_id
    with opened(mine) as db:
        assert not _end(other, db, 1, earlier)
        assert _end(other, db, 2, decision)
        states = {each.report_id: each.state for each in outbox.everything(db)}
    assert states == {uuid(1): QueueState.HELD_FOR_ENDPOINT, uuid(2): QueueState.DUE}


def test_under_review_it_waits_for_the_person(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    hold(mine, review=True)
    with opened(mine) as db:
        assert not _end(mine, db, 1, decision)
        assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_BY_MODE]


def test_for_smaller_groups_than_agreed_to_it_waits_for_the_person_and_no_attempt_is_made(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    with opened(mine) as db:
        for named in (20, 3):
            groups.record_named(db, decision.endpoint, named)
        assert not _end(mine, db, 1, decision)
        assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_FOR_GROUPS]


def test_after_a_no_nothing_of_it_stays(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    with opened(mine) as db:
        begun = _begin(db, 1, decision)
        decline(mine)
        assert not end_session(mine, db, begun, COUNTERS, FACTS)
        assert outbox.everything(db) == []
        assert sessions.everything(db) == []


def test_only_for_me_keeps_it_for_the_person(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    with opened(mine) as db:
        _end(mine, db, 1, decision)
        running = _begin(db, 2, decision)
        kept = only_for_me(mine).purged.kept
        assert kept == 1
        assert outbox.everything(db) == []
        assert [each.report_id for each in sessions.kept(db)] == [uuid(1)]
        assert not end_session(mine, db, running, COUNTERS, FACTS)
        assert [(each.report_id, each.local) for each in sessions.kept(db)] == [(uuid(2), True), (uuid(1), True)]
        assert all(each.counters == COUNTERS for each in sessions.kept(db))


def test_a_session_for_the_person_stays_theirs(tmp_path: Path) -> None:
    mine, _ = _ready(tmp_path)
    with opened(mine) as db:
        number = sessions.begin(db, session(uuid(1), local=True))
        assert not end_session(mine, db, number, COUNTERS, FACTS)
        assert [each.report_id for each in sessions.kept(db)] == [uuid(1)]


def test_a_crashed_session_is_sealed_at_the_next_start_and_a_living_one_is_not(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    with opened(mine) as db:
        _begin(db, 1, decision)
        living = _begin(db, 2, decision)
        lock = sessions.take_lock(mine, living)
        assert recover_crashed(mine, db, FACTS)
        assert [each.report_id for each in outbox.everything(db)] == [uuid(1)]
        assert [each.row_id for each in sessions.running(db)] == [living]
        lock.release(remove=True)
        assert not recover_crashed(profile(tmp_path, DO_NOT_TRACK="1"), db, FACTS)
        assert [each.row_id for each in sessions.running(db)] == [living]  # a switch here says nothing about it


def test_a_session_is_ended_once_whoever_does_it(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    later = COUNTERS._replace(requests=48)
    with opened(mine) as db:
        begun = _begin(db, 1, decision)
    seal_ended(mine, begun, later)
    seal_ended(mine, begun, COUNTERS._replace(requests=3))
    with opened(mine) as db:
        (waiting,) = outbox.everything(db)
        assert not end_session(mine, db, begun, COUNTERS, FACTS) or outbox.everything(db) == [waiting]
    assert orjson.loads(waiting.body)["metrics"]["requests_per_session"] == 48


def _standing_at(moment: datetime) -> Clock:
    return Clock(now=lambda: moment, monotonic=lambda: 1_000.0)


@pytest.mark.parametrize("years", [1, 73])
def test_a_report_of_the_future_grows_old_as_well(tmp_path: Path, years: int) -> None:
    mine, decision = _ready(tmp_path)
    ahead = Profile(
        mine.config_path, mine.state_path, mine.environment, _standing_at(NOW + timedelta(days=365 * years))
    )
    with opened(mine) as db:
        _end(ahead, db, 1, decision)
        assert outbox.expire(db, NOW) == 0
        assert outbox.expire(db, NOW + timedelta(days=13)) == 0
        assert outbox.expire(db, NOW + timedelta(days=15)) == 1


def test_the_thirty_third_report_drops_the_oldest_and_the_chain_notes_it(tmp_path: Path) -> None:
    mine, decision = _ready(tmp_path)
    with opened(mine) as db:
        for number in range(33):
            _end(mine, db, number, decision)
        kept = outbox.everything(db)
        (noted,) = chain.notes(db)
    assert (len(kept), kept[0].report_id) == (32, uuid(1))
    assert (noted.kind, noted.number) == (NoteKind.DROPPED, 1)
