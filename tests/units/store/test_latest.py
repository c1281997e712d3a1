"""The figures of a running session: each second what changed is written, on one page, and read with the rest."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from shimmy_metrics.actions.deletion import delete_undelivered
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.limits import MINUTES_SHOWN
from shimmy_metrics.records import Day
from shimmy_metrics.store import days, sessions
from shimmy_metrics.store.database import Database, opened, transaction
from shimmy_metrics.system.profile import Profile
from support.old_store import write_store_5
from support.queued import uuid
from support.samples import NOW, SUMMED, memory_store, profile, session
from support.store_files import store_path

DAY = "2026-11-23"
LATER = NOW + timedelta(seconds=1)
MORE = SUMMED._replace(requests=48, minutes=(1, 3, 0, 7), days={**SUMMED.days, DAY: DaySums(41, 1, 2_050, 5_100)})


@pytest.fixture
def db() -> Iterator[Database]:
    with memory_store() as store:
        yield store


def _begin(db: Database, number: int = 1) -> int:
    return sessions.begin(db, session(uuid(number))._replace(counters=SUMMED))


def _rows(db: Database) -> list[tuple[int, str, str]]:
    return db.execute("SELECT row_id, at, changes FROM latest").fetchall()


def _sums(db: Database) -> dict[str, DaySums]:
    return {each.day.isoformat(): each.sums for each in days.everything(db)}


def test_what_changed_is_a_row_of_its_own_and_is_read_with_the_session_and_the_sums(db: Database) -> None:
    row_id, other = _begin(db), _begin(db, 2)
    before = db.execute("SELECT * FROM sessions").fetchall(), db.execute("SELECT * FROM days").fetchall()
    assert sessions.checkpoint(db, row_id, MORE, LATER)
    assert (db.execute("SELECT * FROM sessions").fetchall(), db.execute("SELECT * FROM days").fetchall()) == before
    changes = {"requests": 48, "minutes": [7], "days": {DAY: [41, 1, 2_050, 5_100]}}
    assert [(number, at, json.loads(text)) for number, at, text in _rows(db)] == [(row_id, LATER.isoformat(), changes)]
    assert [" " in text for *_, text in _rows(db)] == [False]  # each second it goes to the disk: no room for spaces
    expected = session(uuid(1))._replace(row_id=row_id, counters=MORE, updated=LATER)
    untouched = session(uuid(2))._replace(row_id=other, counters=SUMMED)
    assert sessions.get(db, row_id) == expected
    assert sessions.running(db) == sessions.everything(db) == [expected, untouched]
    assert days.everything(db) == [
        Day(date(2026, 11, 22), DaySums(14, 2, 700, 1_800)),
        Day(date(2026, 11, 23), DaySums(81, 2, 4_050, 10_100)),
    ]


def test_a_minute_later_the_session_s_row_is_written_and_the_other_is_gone(db: Database) -> None:
    row_id = _begin(db)
    sessions.checkpoint(db, row_id, MORE, LATER)
    then = MORE._replace(requests=49, minutes=(*MORE.minutes, 1))
    sessions.checkpoint(db, row_id, then, LATER)
    assert _rows(db) == []
    assert [each.counters for each in sessions.running(db)] == [then]
    assert _sums(db) == MORE.days


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("counted", [MORE, SUMMED], ids=["more", "nothing more"])
def test_an_end_takes_it_in(db: Database, counted: Counters, local: bool) -> None:
    row_id = _begin(db)
    assert sessions.checkpoint(db, row_id, counted, LATER)
    sessions.finish(db, row_id, NOW + timedelta(hours=1), local=local)
    assert _rows(db) == []
    (ended,) = sessions.everything(db)
    assert (ended.counters, ended.updated, ended.ended) == (counted, LATER, NOW + timedelta(hours=1))
    assert _sums(db) == counted.days


def test_a_session_that_is_removed_leaves_its_share_of_the_sums_alone(db: Database) -> None:
    row_id, other = _begin(db), _begin(db, 2)
    for each in (row_id, other):
        sessions.checkpoint(db, each, MORE, LATER)
    both = _sums(db)
    sessions.remove(db, row_id)
    assert [number for number, *_ in _rows(db)] == [other]
    assert _sums(db) == both
    sessions.remove(db, row_id)
    assert _sums(db) == both


def test_a_day_that_is_too_old_for_the_sums_does_not_come_back_without_figures(db: Database) -> None:
    row_id = _begin(db)
    db.execute("DELETE FROM days WHERE day < ?", (DAY,))  # as the first figures of a day 400 days later do
    sessions.checkpoint(db, row_id, MORE, LATER)
    assert list(_sums(db)) == [DAY]


def test_a_deletion_of_all_needs_no_room(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        for number in (1, 2):
            row_id = sessions.begin(db, session(uuid(number))._replace(counters=_busy(999)))
            sessions.checkpoint(db, row_id, _busy(1_019), LATER)
    with patch("shimmy_metrics.actions.deletion.opened", lambda *_, **__: _full(mine)):
        result, _ = delete_undelivered(mine, local=False)
    assert (result.requests, result.days) == (2 * 20 * 1_019, 1)
    with opened(mine) as db:
        assert (sessions.everything(db), _rows(db), days.everything(db)) == ([], [], [])


@contextmanager
def _full(mine: Profile) -> Iterator[Database]:
    """Open the store where the disk has room for not one page more."""
    with opened(mine) as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
        yield db


def test_figures_that_are_none_of_ours_are_damage(db: Database) -> None:
    row_id = _begin(db)
    sessions.checkpoint(db, row_id, MORE, LATER)
    for changes in ("{", "[]", '{"days": {"2026-11-24": 1}}', '{"minutes": 1}'):
        db.execute("UPDATE latest SET changes = ?", (changes,))
        for read in (sessions.running, days.everything):
            with pytest.raises(sqlite3.DatabaseError, match="malformed"):
                read(db)


def test_an_older_program_that_still_runs_writes_its_session_s_row_and_the_sums_itself(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    write_store_5(store_path(mine))
    with closing(sqlite3.connect(store_path(mine), isolation_level=None)) as old:
        with opened(mine) as db:
            row_id = _begin(db, 7)
        old.execute("UPDATE sessions SET counters = ? WHERE row_id = ?", (json.dumps(MORE.as_json()), row_id))
        old.execute("UPDATE days SET requests = requests + 1 WHERE day = ?", (DAY,))
        with opened(mine) as db:
            assert [each.counters for each in sessions.running(db)][-1] == MORE
            assert _sums(db)[DAY].requests == 41
            with transaction(db):
                sessions.finish(db, row_id, LATER, local=True)
            assert _sums(db)[DAY].requests == 41
        assert old.execute("PRAGMA page_size").fetchone()[0] == 4_096, "an old store keeps its pages"


def _busy(second: int) -> Counters:
    """Return the counters of a session with 20 answers a second, in its second hour."""
    many, minute = 20 * second, second // 60
    return SUMMED._replace(
        requests=many,
        tokens=50 * many,
        sources={"reported": many - 3, "counted": 3},
        routes={"/v1/chat/completions": many - 3, "/v1/models": 3},
        clients={"openai-sdk": many - 7, "curl": 7},
        answers=many,
        answer_ms=1_203 * many,
        generating_ms=1_201 * many,
        peak_hour=many,
        minutes=(*(1_200 + before for before in range(minute, minute + MINUTES_SHOWN - 1)), 20 * (second % 60 + 1)),
        uptime_s=second,
        memory_bytes=300_000_000 + second,
        tokens_in=200 * many,
        days={DAY: DaySums(many, 2, 50 * many, 200 * many)},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells elsewhere not what a process wrote")
def test_an_hour_of_a_busy_session_writes_at_most_ten_megabytes(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    first, seconds = 3_600, 120
    with opened(mine) as db:
        row_id = sessions.begin(db, session()._replace(counters=_busy(first)))
        before = _written()
        for second in range(first + 1, first + 1 + seconds):
            with transaction(db):
                sessions.checkpoint(db, row_id, _busy(second), NOW + timedelta(seconds=second, microseconds=second))
        assert (_written() - before) * 3_600 / seconds <= 10_000_000
        assert [each.counters for each in sessions.running(db)] == [_busy(first + seconds)]


def test_what_is_written_each_second_is_in_one_block_of_the_disk(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        row_id = sessions.begin(db, session()._replace(counters=_busy(7_200)))
        with transaction(db):
            sessions.checkpoint(db, row_id, _busy(7_201), NOW)
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'latest'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
        assert (size, root * size <= 4_096) == (512, True)


def _written() -> int:
    """Return how many bytes this process has written, to the journal and the store above all."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])
