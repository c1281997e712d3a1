"""The store: what it keeps, what it forgets, and where it refuses to be."""

import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.errors import TroubleError
from shimmy_metrics.limits import LOCAL_SESSIONS, OUTBOX_REPORTS, RECEIPTS
from shimmy_metrics.records import HELD_BY_HAND, Outcome, Wait
from shimmy_metrics.store import outbox, receipts, sessions
from shimmy_metrics.store.database import VERSION, forget, looked_at, opened, store_path, transaction
from shimmy_metrics.store.place import filesystem
from support.samples import COUNTERS, NOW, pending, profile, sealed, session


def _id(number: int) -> str:
    return f"c0ffee00-0000-4000-8000-{number:012x}"


def test_a_session_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        number = sessions.begin(db, session(grant="g"))
        assert sessions.get(db, number) == session(grant="g")._replace(id=number)
        assert sessions.checkpoint(db, number, COUNTERS._replace(requests=48), NOW)
        found = sessions.get(db, number)
        assert found is not None
        assert found.counters == COUNTERS._replace(requests=48)


def test_a_report_is_read_back_byte_for_byte(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        outbox.add(db, pending())
        outbox.add(db, pending())  # sealed twice by a crash between two steps: there once
        (found,) = outbox.due(db)
        assert (found.body, found.sha256) == (sealed().body, sealed().sha256)
        assert found.measured["session_duration_minutes"] == "7,321 s"


def test_the_store_is_private_and_in_one_place(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, pending())
        for entry in mine.state_dir.iterdir():
            assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(mine.state_dir.stat().st_mode) == 0o700


def test_a_look_at_a_store_that_is_off_leaves_no_file_beside_it(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        outbox.add(db, pending())
    before = sorted(entry.name for entry in mine.state_dir.iterdir())
    with looked_at(mine, off=True) as db:
        assert db is not None
        assert len(outbox.everything(db)) == 1
        assert sorted(entry.name for entry in mine.state_dir.iterdir()) == before


def test_no_store_is_none_and_makes_nothing(tmp_path: Path) -> None:
    with looked_at(profile(tmp_path)) as db:
        assert db is None
    assert list(tmp_path.iterdir()) == []


def test_deleted_bytes_are_in_no_file(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    with opened(mine) as db:
        for number in range(8):
            outbox.add(db, pending(_id(number)))
        outbox.remove_all(db)
        assert forget(db)
        held = b"".join(entry.read_bytes() for entry in mine.state_dir.iterdir())
    assert b"c0ffee00" not in held
    assert b"requests_per_session" not in held


def test_the_outbox_is_bounded_in_number_and_age(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        outbox.add(db, pending(_id(999), moment=NOW - timedelta(days=15)))
        for number in range(OUTBOX_REPORTS + 3):
            outbox.add(db, pending(_id(number)))
        assert outbox.expire(db, NOW) == 4
        kept = outbox.everything(db)
        assert len(kept) == OUTBOX_REPORTS
        assert kept[0].report_id == _id(3)  # the oldest went first


def test_only_the_newest_sessions_for_the_person_are_kept(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db, transaction(db):
        for number in range(LOCAL_SESSIONS + 5):
            sessions.finish(db, sessions.begin(db, session(_id(number), local=True)), NOW)
        kept = sessions.kept(db)
        assert len(kept) == LOCAL_SESSIONS
        assert kept[0].session_id == _id(LOCAL_SESSIONS + 4)


def test_receipts_are_a_chain_that_shows_a_careless_edit(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        for number in range(5):
            receipts.append(
                db,
                at=NOW,
                endpoint="https://x",
                body=sealed(_id(number)).body,
                status=200,
                outcome=Outcome.CONFIRMED,
                reports=1,
            )
        receipts.append(db, at=NOW, reports=1, note="deleted by you before it was sent")
        assert receipts.broken(receipts.everything(db)) == []
        db.execute("UPDATE receipts SET status = 500 WHERE id = 2")
        assert receipts.broken(receipts.everything(db)) == [2]
        db.execute("UPDATE receipts SET status = 200 WHERE id = 2")
        db.execute("UPDATE receipts SET body = x'00' WHERE id = 4")
        assert receipts.broken(receipts.everything(db)) == [4]
        db.execute("DELETE FROM receipts WHERE id = 3")
        assert 4 in receipts.broken(receipts.everything(db))
        db.execute("UPDATE receipts SET note = 'older receipts: 1' WHERE id = 2")
        assert 2 in receipts.broken(receipts.everything(db))  # the chain's first link alone stands for older ones


def test_older_receipts_become_one_link(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db, transaction(db):
        for number in range(RECEIPTS + 10):
            receipts.append(db, at=NOW, endpoint="https://x", body=b"%d" % number, status=200, reports=1)
        kept = receipts.everything(db)
        assert len(kept) == RECEIPTS + 1
        assert kept[0].body == b"%d" % (RECEIPTS + 9)
        assert kept[-1].note == "older receipts: 10"
        assert receipts.broken(receipts.everything(db)) == []
        receipts.remove_all(db)
        receipts.append(db, at=NOW, endpoint="https://x", body=b"new", status=200, reports=1)
        assert receipts.broken(receipts.everything(db)) == []


def test_a_transaction_that_fails_changes_nothing(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        outbox.add(db, pending())
        with pytest.raises(ZeroDivisionError), transaction(db):
            outbox.remove_all(db)
            _ = 1 / 0
        assert len(outbox.everything(db)) == 1


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 40)


def _newer(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version={VERSION + 1}")
    other.execute("CREATE TABLE t (x)")
    other.close()


def _foreign(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE cookies (x)")
    other.close()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (_garbage, "no database"),
        (_newer, "newer version"),
        (_foreign, "another program"),
        (Path.mkdir, "no regular file"),
        (os.mkfifo, "no regular file"),
    ],
)
def test_a_store_that_is_none_of_ours_is_left_alone_and_said_in_one_line(
    tmp_path: Path, make: object, what: str
) -> None:
    mine = profile(tmp_path)
    mine.state_dir.mkdir(parents=True)
    assert callable(make)
    make(store_path(mine))
    before = store_path(mine).read_bytes() if store_path(mine).is_file() else b""
    for look in (opened, looked_at):
        with pytest.raises(TroubleError, match=what) as caught, look(mine):
            pass
        assert "\n" not in str(caught.value)
        assert str(store_path(mine)) in str(caught.value)
    assert (store_path(mine).read_bytes() if store_path(mine).is_file() else b"") == before


def test_a_network_filesystem_is_seen_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"2 1 0:40 / {tmp_path} rw - nfs4 server:/home rw\n"
        f"3 2 0:41 / {tmp_path}/local rw - tmpfs tmpfs rw\n"
    )
    (tmp_path / "local").mkdir()
    assert filesystem(tmp_path / "state/shimmy", mounts) == "nfs4"
    assert filesystem(tmp_path / "local/shimmy", mounts) == "tmpfs"
    assert filesystem(Path("/nowhere/at/all"), mounts) == "ext4"
    assert filesystem(tmp_path, tmp_path / "missing") == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_dir.mkdir(parents=True)
    os.chown(mine.state_dir, 12345, 12345)
    with pytest.raises(TroubleError, match="another user"), opened(mine):
        pass
    assert list(mine.state_dir.iterdir()) == []


def test_moving_reports_between_standings(tmp_path: Path) -> None:
    with opened(profile(tmp_path)) as db:
        outbox.add(db, pending(_id(1)))
        outbox.add(db, pending(_id(2), Wait.SET_ASIDE))
        assert outbox.mark_all(db, Wait.DUE, Wait.REVIEW) == 1
        assert [each.wait for each in outbox.everything(db)] == [Wait.REVIEW, Wait.SET_ASIDE]
        assert outbox.due(db) == []
        outbox.mark(db, 1, Wait.REVIEW, HELD_BY_HAND)
        assert outbox.mark_all(db, Wait.REVIEW, Wait.DUE) == 0
