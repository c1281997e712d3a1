"""The receiver's keys, and the log that one of them signs: rotation, loss, what shows that a line was touched."""

import os
import shlex
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver import keys as keys_module
from shimmy_metrics.receiver.folder import Folder, prepared
from shimmy_metrics.receiver.keys import delete_old_hashing_keys, load_keys, rotate_hashing, rotate_signing, sign_line
from shimmy_metrics.receiver.retention_log import Checked, checked, dropped_days, public_keys
from shimmy_metrics.receiver.row import recall_of
from shimmy_metrics.receiver.sqlite.seen import SEEN_DAYS
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Outcome
from support.stored import MONDAY, row

NOW: Final = datetime(2026, 12, 1, 3, tzinfo=UTC)
ID: Final = "c0ffee00-0000-4000-8000-00000000cafe"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = prepared(tmp_path / "my data")
    load_keys(made, MONDAY)
    return made


def log(folder: Folder, number: int = 1) -> None:
    for _ in range(number):
        day = MONDAY + timedelta(days=len(dropped_days(folder)))
        sign_line(folder, {"day": f"{day}", "reports": 20, "dropped_at": "2026-12-01T03:00:00Z", "canary": "00" * 16})


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_keys_are_the_receiver_s_own_and_their_public_half_is_anybody_s(folder: Folder) -> None:
    log(folder)
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.keys.iterdir()} == {
        "hashing": 0o600,
        "signing": 0o600,
    }
    assert folder.keys.stat().st_mode & 0o777 == 0o700
    assert folder.retention_pub.stat().st_mode & 0o777 == 0o644
    assert folder.retention_log.stat().st_mode & 0o777 == 0o644


def test_two_receivers_that_start_at_once_have_the_same_keys(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    found: list[bytes] = []
    threads = [Thread(target=lambda: found.append(load_keys(folder, MONDAY).hashing[0])) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(public_keys(folder)) == 1


def test_under_a_new_hashing_key_duplicates_and_recalls_still_hit(folder: Folder) -> None:
    before = load_keys(folder, MONDAY).hashing
    rotate_hashing(folder)
    rotate_hashing(folder)  # twice in one day: neither is lost
    after = load_keys(folder, MONDAY).hashing
    assert len(after) == 3
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        assert store.append(MONDAY, [row(ID, hashing=before)]) == [Outcome.STORED]
        assert store.append(MONDAY, [row(ID, hashing=after)]) == [Outcome.DUPLICATE]
        assert store.append(MONDAY, [recall_of(ID, after), row(ID, hashing=before)]) == [Outcome.RECALLED] * 2
        assert store.health().reports == {MONDAY: 0}


def test_a_hashing_key_of_before_stays_as_long_as_what_it_hashed_is_known(folder: Folder) -> None:
    first = load_keys(folder, MONDAY).hashing
    rotate_hashing(folder)
    second = load_keys(folder, MONDAY).hashing[:1]
    rotate_hashing(folder)
    assert load_keys(folder, MONDAY + timedelta(days=1)).hashing[1:] == second + first
    last = MONDAY + timedelta(days=SEEN_DAYS)
    assert load_keys(folder, last).hashing[1:] == second + first
    assert load_keys(folder, last + timedelta(days=1)).hashing[1:] == second
    assert len(load_keys(folder, last + timedelta(days=2)).hashing) == 1
    assert sorted(path.name for path in folder.keys.iterdir()) == ["hashing", "signing"]
    assert keys_module.OLD_DAYS == SEEN_DAYS


def test_a_new_signing_key_is_named_by_the_one_of_before_and_lines_of_both_hold(folder: Folder) -> None:
    log(folder, 2)
    rotate_signing(folder, NOW)
    log(folder, 2)
    rotate_signing(folder, NOW)
    log(folder)
    found = checked(folder)
    assert found.wrong == ()
    assert len(found.dropped) == 5
    assert len(public_keys(folder)) == 3


def test_a_key_that_was_replaced_signs_nothing_any_more(folder: Folder) -> None:
    log(folder)
    stolen = (folder.keys / "signing").read_bytes()
    rotate_signing(folder, NOW)
    (folder.keys / "signing").write_bytes(stolen)
    log(folder)
    assert checked(folder).wrong == ("line 3 is not signed by the receiver's key",)


@pytest.mark.parametrize("killed_at", ["write_private", "_publish", "append_line", "_finish_rotation"])
def test_a_rotation_that_is_killed_is_finished_or_taken_back(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    log(folder)
    calls: list[str] = []
    real: Callable[..., object] = getattr(keys_module, killed_at)

    def killed(*given: object, **named: object) -> None:
        calls.append(killed_at)
        if killed_at == "_finish_rotation" and len(calls) == 1:
            return
        if killed_at != "_finish_rotation":
            real(*given, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keys_module, killed_at, killed)
        with pytest.raises(KeyboardInterrupt):
            rotate_signing(folder, NOW)
    log(folder)
    load_keys(folder, MONDAY)
    assert sorted(path.name for path in folder.keys.iterdir()) == ["hashing", "signing"]
    rotate_signing(folder, NOW)
    log(folder)
    assert checked(folder).wrong == ()


def test_a_lost_key_is_said_with_what_it_means_and_one_can_go_on(folder: Folder) -> None:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        store.append(MONDAY, [row()])
    log(folder)
    rotations: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("hashing", "can arrive twice", lambda: rotate_hashing(folder)),
        ("signing", "can still be checked", lambda: rotate_signing(folder, NOW)),
    )
    for name, means, rotate in rotations:
        (folder.keys / name).unlink()
        with pytest.raises(UserError, match=means) as told:
            load_keys(folder, MONDAY)
        assert f"receive rotate-key {name}" in str(told.value)
        assert "\n" not in str(told.value)
        rotate()
        load_keys(folder, MONDAY)
    log(folder)
    assert checked(folder).wrong == ()


def test_what_arrived_before_the_hashing_key_was_lost_cannot_be_called_back(folder: Folder) -> None:
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        store.append(MONDAY, [row(ID, hashing=load_keys(folder, MONDAY).hashing)])
        (folder.keys / "hashing").unlink()
        rotate_hashing(folder)
        after = load_keys(folder, MONDAY)
        store.append(MONDAY, [recall_of(ID, after.hashing)])
        assert store.health().reports == {MONDAY: 1}
    certain_from = MONDAY + timedelta(days=SEEN_DAYS + 1)
    assert after.certain_from == load_keys(folder, certain_from - timedelta(days=1)).certain_from == certain_from
    assert load_keys(folder, certain_from).certain_from is None
    assert sorted(path.name for path in folder.keys.iterdir()) == ["hashing", "signing"]


@pytest.mark.parametrize("lost", [False, True])
def test_the_16_days_of_a_replaced_hashing_key_begin_where_a_start_no_longer_uses_it(
    folder: Folder, *, lost: bool
) -> None:
    """Until its restart a receiver hashes with the key of before, also where its file is lost."""
    with closing(SqliteStore(folder, disk_used=lambda: 0.1)) as store:
        store.append(MONDAY, [row(ID, hashing=load_keys(folder, MONDAY).hashing)])
    if lost:
        (folder.keys / "hashing").unlink()
    rotate_hashing(folder)
    restart = MONDAY + timedelta(days=10)
    delete_old_hashing_keys(folder, restart)  # as it does each hour
    last = restart + timedelta(days=SEEN_DAYS)
    for day in (restart, last):
        keys = load_keys(folder, day)
        assert (len(keys.hashing), keys.certain_from) == ((1, last + timedelta(days=1)) if lost else (2, None))
    keys = load_keys(folder, last + timedelta(days=1))
    assert (len(keys.hashing), keys.certain_from) == (1, None)


def test_a_key_that_was_lost_before_it_signed_anything_is_made_anew(folder: Folder) -> None:
    (folder.keys / "signing").unlink()
    load_keys(folder, MONDAY)
    log(folder)
    assert checked(folder).wrong == ()
    assert len(public_keys(folder)) == 1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_that_others_can_read_or_that_is_none_is_not_used(folder: Folder) -> None:
    (folder.keys / "hashing").chmod(0o640)
    with pytest.raises(UserError, match=f"chmod 600 {shlex.quote(str(folder.keys / 'hashing'))}$"):
        load_keys(folder, MONDAY)
    (folder.keys / "hashing").chmod(0o600)
    (folder.keys / "hashing").write_bytes(b"short")
    with pytest.raises(UserError, match=r"no key of 32 bytes\. Put the right one back, or delete it: "):
        load_keys(folder, MONDAY)
    (folder.keys / "hashing").unlink()
    assert load_keys(folder, MONDAY).hashing


def lines(folder: Folder) -> list[str]:
    return folder.retention_log.read_text().splitlines()


@pytest.mark.parametrize(
    "change",
    [
        ("2026-11-24", "2026-11-22"),
        ('"reports":20', '"reports":40'),
        ('"canary":"00', '"canary":"ff'),
        ('"reports":20', '"reports": 20'),
        ('"reports":20,', ""),
        ('{"day"', '["day"'),
        ("2026-12-01T03", "2026-12-01T02"),
    ],
)
def test_a_line_that_was_changed_shows(folder: Folder, change: tuple[str, str]) -> None:
    log(folder, 3)
    assert checked(folder).wrong == ()
    kept = lines(folder)
    kept[1] = kept[1].replace(*change, 1)
    folder.retention_log.write_text("\n".join(kept) + "\n")
    wrong = checked(folder).wrong
    assert "line 2 is not signed by the receiver's key" in wrong
    assert "line 3 does not follow the one before it: a line was changed, added or taken out" in wrong


@pytest.mark.parametrize("order", [[0, 2], [1, 2], [0, 2, 1], [0, 1, 1, 2]])
def test_a_line_that_was_taken_out_or_moved_shows(folder: Folder, order: list[int]) -> None:
    log(folder, 3)
    kept = lines(folder)
    folder.retention_log.write_text("".join(kept[each] + "\n" for each in order))
    assert any("does not follow" in each for each in checked(folder).wrong)


def test_a_key_of_somebody_else_vouches_for_nothing(folder: Folder, tmp_path: Path) -> None:
    other = prepared(tmp_path / "other")
    load_keys(other, MONDAY)
    log(folder)
    rotate_signing(other, NOW)
    folder.retention_log.write_bytes(folder.retention_log.read_bytes() + other.retention_log.read_bytes())
    assert "line 2 is not signed by the receiver's key" in checked(folder).wrong
    kept = lines(folder)[:1]
    # It says that the receiver's key was lost, and signs with one that the receiver never published.
    (other.keys / "signing").unlink()
    other.retention_log.write_text(f"{kept[0]}\n")
    rotate_signing(other, NOW)
    folder.retention_log.write_bytes(other.retention_log.read_bytes())
    assert checked(folder).wrong == ("line 2 is not signed by the receiver's key",)
    folder.retention_pub.unlink()
    assert "line 1 is not signed by the receiver's key" in checked(folder).wrong


def test_what_is_no_line_at_all_is_wrong_and_nothing_more(folder: Folder) -> None:
    assert checked(folder) == Checked()
    for text in ("\n", "{}\n", "[]\n", '"\\ud800"\n', "\xff", '{"signature":7,"day":1,"canary":"zz"}\n'):
        folder.retention_log.write_bytes(text.encode("latin-1"))
        found = checked(folder)
        assert found.dropped == ()
        assert found.wrong
        assert dropped_days(folder) == ()
