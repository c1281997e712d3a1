"""A no takes effect where nothing can be written as usual, and nothing that is not ours is lost unsaid."""

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, only_for_me
from shimmy_metrics.config import withdraw as module
from shimmy_metrics.config.codec import parse
from shimmy_metrics.config.file import load
from shimmy_metrics.config.lock import ConfigLock
from shimmy_metrics.consent.state import Consent, Decision, declined
from shimmy_metrics.counters import DaySums
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import CONFIG_BYTES
from shimmy_metrics.store import days, outbox
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.store.readonly import open_readonly
from support.samples import profile, queued
from support.unwritable_config import granted, refusing

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners, links and modes are POSIX")


def test_where_nothing_works_the_line_says_what_to_type_and_what_waits_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = granted(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
    for name in ("replace", "overwrite"):
        monkeypatch.setattr(module, name, refusing(errno.EROFS))
    monkeypatch.setattr(Path, "unlink", refusing(errno.EROFS))
    with pytest.raises(UserError) as caught:
        decline(mine)
    assert str(caught.value) == (
        f"{mine.config_path}: cannot be changed: read-only file system. Metrics are still on. "
        "Type: export SHIMMY_METRICS=off (it switches off what is started from that shell), "
        f"and as soon as it can be changed: rm {mine.config_path}. What was waiting here (1 never sent) is deleted"
    )
    with open_readonly(mine) as db:
        assert db is not None
        assert outbox.everything(db) == []


def test_what_did_not_wait_is_not_said_to_be_deleted(tmp_path: Path) -> None:
    mine = granted(tmp_path)
    mine.config_path.write_bytes(b"[]")
    with pytest.raises(UserError) as caught:
        decline(mine)
    assert caught.value.remedy.endswith("nothing is measured or sent. Nothing is waiting here")


@pytest.mark.parametrize(
    ("waits", "told"),
    [
        (True, "What was waiting here (1 never sent) is deleted, and so is what was counted for you"),
        (False, "What was counted for you is deleted"),
    ],
)
def test_the_person_s_own_figures_are_said_to_be_deleted_too(tmp_path: Path, waits: bool, told: str) -> None:
    mine = granted(tmp_path)
    with opened(mine) as db, transaction(db):
        days.add(db, {"2026-11-22": DaySums(7, 1, 350, 900)}, {})
        if waits:
            outbox.add(db, queued())
    mine.config_path.write_bytes(b"[]")
    with pytest.raises(UserError) as caught:
        decline(mine)
    assert caught.value.remedy.endswith(f"nothing is measured or sent. {told}")


@pytest.mark.parametrize("damaged", [b'{"metrics": {"enabled": tru', b'{"metrics": {"enabled": "no"}}', b"\xff"])
def test_a_damaged_file_keeps_its_bytes_and_what_waits_is_deleted(tmp_path: Path, damaged: bytes) -> None:
    mine = granted(tmp_path)
    with opened(mine) as db:
        outbox.add(db, queued())
    mine.config_path.write_bytes(damaged)
    with pytest.raises(UserError) as caught:
        decline(mine)
    assert caught.value.where.startswith(f"{mine.config_path}:1")
    assert caught.value.remedy == (
        "Metrics are off until it is mended; correct the file, or delete it, which withdraws and asks anew. "
        "It stays as it is; while it cannot be read nothing is measured or sent. "
        "What was waiting here (1 never sent) is deleted"
    )
    assert mine.config_path.read_bytes() == damaged
    with open_readonly(mine) as db:
        assert db is not None
        assert outbox.everything(db) == []


def test_an_undecided_person_s_no_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = profile(tmp_path).config_path
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    with pytest.raises(UserError) as caught:
        module.withdraw(path, _no)
    assert str(caught.value) == (
        f"{path}: cannot be written: no space left on device. Your no is not recorded. "
        "Without a yes nothing is measured or sent, but you may be asked again"
    )


def test_a_second_no_that_cannot_be_written_is_said_and_the_first_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = granted(tmp_path, '{"metrics":{"enabled": false}}').config_path
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    with pytest.raises(UserError, match="Your no is not recorded"):
        module.withdraw(path, _no)
    assert path.read_text() == '{"metrics":{"enabled": false}}'


def _no(old: Decision) -> Decision:
    return declined(old, consent_id="a no", changed="now")


def test_only_for_me_that_cannot_be_written_withdraws_the_yes_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shimmy_metrics.config import change

    mine = granted(tmp_path)
    monkeypatch.setattr(change, "replace", refusing(errno.ENOSPC))
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    made = only_for_me(mine)
    assert "A plain no is recorded instead" in made.notices[0]
    assert (load(mine).decision.consent, load(mine).decision.local) == (Consent.DECLINED, False)


def test_a_file_with_nothing_but_our_yes_is_deleted_without_another_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = granted(tmp_path, '{"metrics":{"enabled":true}}').config_path
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    made = module.withdraw(path, _no)
    assert [line.partition(" (")[0] for line in made.notices] == [f"{path} cannot be written"]
    assert (made.decision, made.changed) == (Decision(), True)


def test_a_no_that_is_recorded_already_is_not_written_again(tmp_path: Path) -> None:
    path = profile(tmp_path).config_path
    assert module.withdraw(path, _no) == module.Withdrawn(_no(Decision()), (), changed=True)
    node = path.stat().st_ino
    assert module.withdraw(path, _no) == module.Withdrawn(_no(Decision()), (), changed=False)
    assert path.stat().st_ino == node


def test_a_decision_that_is_what_no_file_says_is_written_all_the_same(tmp_path: Path) -> None:
    path = profile(tmp_path).config_path
    assert module.withdraw(path, lambda old: old).changed
    assert path.exists()


def test_a_no_that_a_yes_follows_again_and_again_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = granted(tmp_path).config_path
    yes = path.read_bytes()
    attempts: list[int] = []

    def followed(lock: ConfigLock) -> None:
        attempts.append(1)
        path.write_bytes(yes)

    monkeypatch.setattr(ConfigLock, "record_no", followed)
    with pytest.raises(UserError) as caught:
        module.withdraw(path, _no)
    assert str(caught.value) == f"{path}: another program writes a yes again and again. Stop it, and try again"
    assert len(attempts) > 1


def test_a_no_that_a_yes_follows_once_is_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = granted(tmp_path).config_path
    yes = path.read_bytes()
    record_no = ConfigLock.record_no

    def followed(lock: ConfigLock) -> None:
        monkeypatch.setattr(ConfigLock, "record_no", record_no)
        record_no(lock)
        path.write_bytes(yes)

    monkeypatch.setattr(ConfigLock, "record_no", followed)
    module.withdraw(path, _no)
    assert parse(path.read_bytes(), "").decision.consent is Consent.DECLINED


def test_a_file_that_another_program_damages_after_a_no_holds_no_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = granted(tmp_path).config_path
    monkeypatch.setattr(ConfigLock, "record_no", lambda _: path.write_bytes(b"{"))
    assert module.withdraw(path, _no).changed
    assert path.read_bytes() == b"{"


def test_a_no_that_fails_is_told_to_a_yes_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = granted(tmp_path).config_path
    path.write_bytes(b"{")
    with ConfigLock(path.parent) as lock:
        before = lock.last_no()
        with pytest.raises(UserError):
            module.withdraw(path, _no)
        assert lock.last_no() != before


@posix
@pytest.mark.parametrize("text", [b'{"metrics": {"enabled": true}}', b"{", b"x" * (CONFIG_BYTES + 1)])
def test_a_no_is_written_once_where_nobody_else_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    path = granted(tmp_path).config_path
    path.write_bytes(text)
    if text[-1:] != b"}":  # damaged and another's: it gives way
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 61_235)
    flushed: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda number: flushed.append(stat.S_ISREG(os.fstat(number).st_mode)))
    assert module.withdraw(path, _no).changed
    assert parse(path.read_bytes(), "").decision.consent is Consent.DECLINED
    assert flushed == [True, False]  # the file, and the folder that it stands in


@posix
def test_where_nobody_can_look_at_the_file_that_is_said_and_not_taken_for_another_s(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 1_000) / "config.json"
    with pytest.raises(UserError) as caught:
        module.withdraw(path, _no)
    assert str(caught.value) == (
        f"{path}: cannot be read: {os.strerror(errno.ENAMETOOLONG).lower()}. Check who owns it and its folder. "
        "It stays as it is; while it cannot be read nothing is measured or sent"
    )


def test_where_the_system_gives_no_reason_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = profile(tmp_path).config_path

    def refuse(*_: object) -> bool:
        raise OSError

    monkeypatch.setattr(module, "replace", refuse)
    with pytest.raises(UserError, match="cannot be written: no reason given"):
        module.withdraw(path, _no)


@posix
def test_where_a_yes_that_cannot_be_withdrawn_does_not_count_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = granted(tmp_path).config_path
    path.chmod(0o666)
    for name in ("replace", "overwrite"):
        monkeypatch.setattr(module, name, refusing(errno.EROFS))
    monkeypatch.setattr(Path, "unlink", refusing(errno.EROFS))
    with pytest.raises(UserError) as caught:
        module.withdraw(path, _no)
    assert str(caught.value) == (
        f"{path}: cannot be changed: read-only file system. Nothing is measured or sent from here all the same: "
        f"others may write {path}, so the yes in it does not count"
    )


@posix
def test_a_name_with_a_space_can_be_typed_as_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = granted(tmp_path / "my home").config_path
    for name in ("replace", "overwrite"):
        monkeypatch.setattr(module, name, refusing(errno.EROFS))
    monkeypatch.setattr(Path, "unlink", refusing(errno.EROFS))
    with pytest.raises(UserError, match=f"rm '{path}'"):
        module.withdraw(path, _no)


@posix
def test_a_damaged_file_of_another_s_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = profile(tmp_path).config_path
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_bytes(b"{")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 61_235)
    assert module.withdraw(path, _no).decision == _no(Decision())
    assert parse(path.read_bytes(), "").decision == _no(Decision())
