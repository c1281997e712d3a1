"""The running session in the store: when it enters, what a failed write reports, and what its end leaves to others."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path
from unittest.mock import Mock

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.delivery.backoff import AT_START, NO_ATTEMPT_LEFT
from shimmy_metrics.delivery.unsealed import Unsealed
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import MINUTES_SHOWN
from shimmy_metrics.records import Day
from shimmy_metrics.serve.health import SHIMMY, ServerIdentity
from shimmy_metrics.serve.session_identity import SessionIdentity
from shimmy_metrics.serve.store_writer import StoreWriter
from shimmy_metrics.store import days, sessions
from shimmy_metrics.store.database import opened, set_meta, transaction
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL, fill_outbox, uuid
from support.samples import COUNTERS, profile

THREAD_IO = Path("/proc/thread-self/io")


def _header(profile: Profile) -> SessionIdentity:
    return SessionIdentity(read_consent(profile), "http://127.0.0.1:11435", "", ServerIdentity(SHIMMY), uuid(1))


def test_an_end_is_left_to_another_process_until_the_sender_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exit that stops waiting asks what is left to do: without an answer the sealed report would not be sent."""
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    header = _header(mine)
    counters = Counters(requests=1)
    left: list[Unsealed | None] = []
    monkeypatch.setattr(
        "shimmy_metrics.serve.store_writer.start_sender", lambda *_: left.append(writer.unsealed(header, counters))
    )
    writer.open()
    assert writer.unsealed(header, counters) == Unsealed(0, counters, None, header.session(counters, mine.clock.now()))
    writer.begin(header, Counters(), lambda: True)
    writer.end(counters)
    writer.close()
    (asked,) = left
    assert asked is not None
    assert (asked.row_id, asked.counters, asked.session) == (1, counters, None)
    assert writer.unsealed(header, counters) is None


@pytest.mark.parametrize(("left", "starts"), [("0", 1), ("1", 0)])
def test_a_start_begins_an_attempt_only_where_one_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str, starts: int
) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    fill_outbox(mine, 1)
    with opened(mine) as db, transaction(db):
        set_meta(db, AT_START, "yes")
        set_meta(db, NO_ATTEMPT_LEFT, left)
    started: list[bool] = []
    monkeypatch.setattr(
        "shimmy_metrics.serve.store_writer.start_sender", lambda _, *, at_start: started.append(at_start)
    )
    writer = StoreWriter(mine, lambda _: None)
    writer.open()
    writer.close()
    assert started == [True] * starts


def test_a_write_that_fails_is_reported_from_the_second_in_a_row_on(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    lines: list[str] = []
    writer = StoreWriter(mine, lines.append)
    writer.open()
    assert writer.begin(_header(mine), Counters(), lambda: True)
    for _ in range(2):
        shutil.rmtree(mine.state_path)
        mine.state_path.write_text("in its place")
        assert writer.write(Counters(requests=1)) == ""  # another program may have held the store for a moment
        assert [writer.write(Counters(requests=1)).startswith(f"{mine.state_path}: ") for _ in range(2)] == [True, True]
        mine.state_path.unlink()
        assert writer.write(Counters(requests=2)) == ""
    writer.close()
    assert len(lines) == 2
    with opened(mine) as db:
        assert [each.counters.requests for each in sessions.running(db)] == [2]


def test_a_session_that_is_no_longer_in_the_store_is_reported_as_not_saved(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    writer.open()
    assert not writer.has_session()
    assert writer.begin(_header(mine), Counters(), lambda: True)
    assert writer.has_session()
    with opened(mine) as db, transaction(db):
        sessions.remove(db, sessions.running(db)[0].row_id)
    assert not writer.has_session()
    assert writer.write(Counters(requests=1)) == ""  # a no deletes it too, and is seen a moment later
    assert "this session was deleted from the store" in writer.write(Counters(requests=1))
    shutil.rmtree(mine.state_path)
    assert writer.has_session()  # the next write makes the store again, with the session in it
    assert writer.write(Counters(requests=1)) == ""
    writer.close()


@pytest.mark.skipif(not THREAD_IO.exists(), reason="this system does not tell what a thread has written")
def test_a_second_of_use_writes_little_and_one_in_which_nothing_happened_nothing(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    writer.open()
    assert writer.begin(_header(mine), Counters(), lambda: True)
    written = []
    for requests, uptime in ((1, 1), (2, 2), (2, 3)):
        before = _bytes_written()
        days_of_it = {"2026-11-28": DaySums(requests=requests)}
        minutes = (requests,) * MINUTES_SHOWN
        counters = COUNTERS._replace(requests=requests, uptime_s=uptime, minutes=minutes, days=days_of_it)
        assert writer.write(counters) == ""
        written.append(_bytes_written() - before)
    writer.close()
    _, again, nothing = written
    assert 0 < again < 16_000  # with SQLite's own size of a page it is 26 kB
    assert nothing == 0


def _bytes_written() -> int:
    """Return how many bytes this thread has handed to the system (proc(5))."""
    (line,) = (each for each in THREAD_IO.read_text().splitlines() if each.startswith("wchar:"))
    return int(line.split()[1])


def test_a_session_enters_only_an_open_store_and_under_a_consent_that_holds(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    mine.state_path.parent.mkdir(parents=True, exist_ok=True)
    mine.state_path.write_text("in its place")
    with pytest.raises(UserError) as refused:
        writer.open()
    with pytest.raises(UserError) as again:
        writer.begin(_header(mine), Counters(), lambda: True)
    assert again.value is refused.value
    mine.state_path.unlink()
    writer.open()
    assert not writer.begin(_header(mine), Counters(), lambda: False)
    assert writer.begin(_header(mine), Counters(), lambda: True)
    writer.close()
    with opened(mine) as db:
        assert len(sessions.everything(db)) == 1


def test_a_store_that_was_removed_or_exchanged_for_a_copy_has_each_answer_once_in_its_sums(tmp_path: Path) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    writer.open()
    assert writer.begin(_header(mine), Counters(), lambda: True)
    copy = tmp_path / "copy"

    def written(requests: int) -> list[Day]:
        sums = DaySums(requests, 0, 5 * requests, 7 * requests)
        assert writer.write(Counters(requests=requests, days={"2026-11-28": sums})) == ""
        with opened(mine) as db:
            return days.everything(db)

    def day(requests: int) -> list[Day]:
        return [Day(date(2026, 11, 28), DaySums(requests, 0, 5 * requests, 7 * requests))]

    assert written(2) == day(2)
    shutil.copytree(mine.state_path, copy)
    assert written(3) == day(3)
    shutil.rmtree(mine.state_path)
    assert written(5) == day(5)
    shutil.rmtree(mine.state_path)
    shutil.copytree(copy, mine.state_path)
    assert written(7) == day(7)
    assert written(8) == day(8)
    writer.close()


def test_a_write_that_is_cut_off_between_the_row_and_the_sums_leaves_both_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    writer = StoreWriter(mine, lambda _: None)
    writer.open()
    assert writer.begin(_header(mine), Counters(), lambda: True)
    counters = Counters(requests=2, days={"2026-11-28": DaySums(2)})
    with monkeypatch.context() as broken:
        broken.setattr("shimmy_metrics.store.days.add", Mock(side_effect=sqlite3.OperationalError("disk I/O error")))
        assert writer.write(counters) == ""
    with opened(mine) as db:
        assert ([each.counters.requests for each in sessions.running(db)], days.everything(db)) == ([0], [])
    assert writer.write(counters) == ""
    writer.close()
    with opened(mine) as db:
        assert [each.counters.requests for each in sessions.running(db)] == [2]
        assert days.everything(db) == [Day(date(2026, 11, 28), DaySums(2))]
