"""Sessions: those that run, those kept for the person, those whose report waits."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.limits import LOCAL_SESSIONS
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.system.locks import Lock
from support.queued import report, uuid
from support.samples import COUNTERS, NOW, memory_store, profile, session


def test_a_session_is_read_back_as_it_was_written() -> None:
    with memory_store() as db:
        number = sessions.begin(db, session(consent_id="g"))
        assert sessions.get(db, number) == session(consent_id="g")._replace(row_id=number)
        assert sessions.checkpoint(db, number, COUNTERS._replace(requests=48), NOW)
        found = sessions.get(db, number)
        assert found is not None
        assert found.counters == COUNTERS._replace(requests=48)
        named = found._replace(server="", version="0.1", local=True, consent_id="", endpoint="")
        sessions.update_server(db, named)
        assert sessions.get(db, number) == named


def test_one_that_is_gone_or_ended_takes_no_more_figures() -> None:
    with memory_store() as db:
        number = sessions.begin(db, session())
        sessions.finish(db, number, NOW, local=True)
        assert not sessions.checkpoint(db, number, COUNTERS, NOW)
        assert not sessions.checkpoint(db, number + 1, COUNTERS, NOW)
        assert sessions.get(db, number + 1) is None


def test_only_the_newest_sessions_for_the_person_are_kept() -> None:
    with memory_store() as db:
        outbox.add(db, report(999))
        sessions.finish(db, sessions.begin(db, session(uuid(999))), NOW, local=False)
        for number in range(LOCAL_SESSIONS + 5):
            sessions.finish(db, sessions.begin(db, session(uuid(number), local=True)), NOW, local=True)
        kept = sessions.kept(db)
        assert len(kept) == LOCAL_SESSIONS
        assert kept[0].report_id == uuid(LOCAL_SESSIONS + 4)
        assert sessions.everything(db)[0].report_id == uuid(999)


def test_figures_kept_with_a_report_go_with_it_or_become_the_person_s() -> None:
    with memory_store() as db:
        for number in (1, 2):
            outbox.add(db, report(number))
            sessions.finish(db, sessions.begin(db, session(uuid(number), consent_id="g")), NOW, local=False)
        sessions.begin(db, session(uuid(3), consent_id="g"))
        assert sessions.kept(db) == []
        outbox.remove(db, 1)
        assert [each.report_id for each in sessions.everything(db)] == [uuid(2), uuid(3)]
        sessions.keep_locally(db)
        outbox.remove_all(db)
        (kept,) = sessions.kept(db)
        assert (kept.report_id, kept.consent_id, kept.endpoint, kept.local) == (uuid(2), "", "", True)
        assert [each.report_id for each in sessions.running(db)] == [uuid(3)]


def test_one_that_ended_is_read_back_with_its_end() -> None:
    with memory_store() as db:
        later = NOW + timedelta(hours=1)
        number = sessions.begin(db, session())
        sessions.finish(db, number, later, local=True)
        assert sessions.everything(db) == [session()._replace(row_id=number, local=True, ended=later)]
        again = sessions.begin(db, session(uuid(2))._replace(ended=later))
        found = sessions.get(db, again)
        assert found is not None
        assert found.ended == later


def test_one_session_is_removed_and_no_other() -> None:
    with memory_store() as db:
        first, second = (sessions.begin(db, session(uuid(number))) for number in (1, 2))
        sessions.remove(db, first)
        assert [each.row_id for each in sessions.everything(db)] == [second]


def test_a_session_is_alive_while_its_lock_is_held(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    running = session()._replace(row_id=3)
    assert sessions.lock_path(mine, 3) == str(mine.state_path / "session-3.lock")
    assert not sessions.alive(mine, running)
    lock = sessions.take_lock(mine, 3)
    assert sessions.alive(mine, running)
    assert not sessions.alive(mine, running._replace(row_id=4))
    lock.release()
    assert not sessions.alive(mine, running)


def test_locks_that_nobody_holds_are_removed_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    for number in (1, 2, 4):
        sessions.take_lock(mine, number).release()
    (mine.state_path / "sender.lock").touch()
    living = sessions.take_lock(mine, 3)
    release = Lock.release

    def failing(lock: Lock, *, remove: bool = False) -> None:
        release(lock, remove=remove)
        if not os.path.exists(sessions.lock_path(mine, 2)) and remove:
            raise OSError(5, os.strerror(5))

    monkeypatch.setattr(Lock, "release", failing)
    sessions.clear_locks(mine)  # an error at one is none at the others
    assert sorted(each.name for each in mine.state_path.iterdir()) == ["sender.lock", "session-3.lock"]
    living.release()
    sessions.clear_locks(mine)
    assert [each.name for each in mine.state_path.iterdir()] == ["sender.lock"]
