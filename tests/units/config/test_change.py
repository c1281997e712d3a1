"""A change of the config: what it says where it cannot be made, and that nothing is changed then."""

import errno
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.config import change as module
from shimmy_metrics.config import lock
from shimmy_metrics.config.change import Changed, change
from shimmy_metrics.config.file import load
from shimmy_metrics.config.lock import ConfigLock
from shimmy_metrics.consent.state import Consent, Decision, Delivery, declined, granted
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import CONFIG_BYTES
from shimmy_metrics.system.locks import try_lock
from shimmy_metrics.system.profile import Profile
from support.open_files import open_files
from support.samples import profile

ENDPOINT = "https://metrics.example.org/v1"
posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX")


def _yes(old: Decision) -> Decision:
    return granted(old, consent_id="a yes", changed="now", endpoint=ENDPOINT)


def _no(old: Decision) -> Decision:
    return declined(old, consent_id="a no", changed="now")


def _only_for_me(old: Decision) -> Decision:
    return _no(old)._replace(local=True)


def _refusing(error: OSError) -> Callable[..., object]:
    def refuse(*_: object, **__: object) -> object:
        raise error

    return refuse


def _with(tmp_path: Path, text: str = '{"theirs": 1}') -> Profile:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.write_text(text)
    mine.config_path.chmod(0o600)
    return mine


def _trouble(mine: Profile, step: Callable[[Decision], Decision] = _yes, seconds: float = 0.0) -> str:
    with pytest.raises(UserError) as caught:
        change(mine, step, seconds=seconds)
    return str(caught.value)


def test_a_change_returns_what_is_recorded_and_whether_it_is_new(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert change(mine, _yes) == Changed(_yes(Decision()), changed=True)
    assert load(mine).decision == _yes(Decision())
    before = mine.config_path.stat()
    assert change(mine, _yes) == Changed(_yes(Decision()), changed=False)
    assert mine.config_path.stat() == before


@posix
def test_in_another_s_home_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _with(tmp_path)
    if os.geteuid() == 0:
        os.chown(mine.config_path, 61_235, 61_235)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 61_235)
    assert _trouble(mine) == (
        f"{mine.config_path.parent}: belongs to another user. Nothing was changed. "
        "Run this as the owner (under sudo the home may be another person's)"
    )
    assert mine.config_path.read_text() == '{"theirs": 1}'


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(errno.EROFS, "Read-only file system"), "read-only file system"), (OSError(), "no reason given")],
)
def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    mine = profile(tmp_path)
    monkeypatch.setattr(module, "make_folder", _refusing(error))
    assert _trouble(mine) == f"{mine.config_path.parent}: cannot be made: {reason}. Nothing was changed"


def test_a_lock_that_another_program_holds_is_waited_for_as_long_as_is_asked(tmp_path: Path) -> None:
    mine = _with(tmp_path)
    with ConfigLock(mine.config_path.parent) as other:
        assert other.take(0)
        began = time.monotonic()
        said = _trouble(mine, seconds=0.1)
        assert time.monotonic() - began >= 0.1
    assert said == f"{mine.config_path.parent}: another program holds its lock. Nothing was changed. Try again"


def test_a_filesystem_without_locks_is_said_in_the_system_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = _with(tmp_path)
    monkeypatch.setattr(lock, "try_lock", _refusing(OSError(errno.ENOLCK, "No locks available")))
    said = _trouble(mine)
    assert said == f"{mine.config_path.parent}: cannot be locked: no locks available. Nothing was changed. Try again"


@posix
def test_what_lies_in_the_lock_s_place_and_cannot_be_removed_is_said(tmp_path: Path) -> None:
    mine = _with(tmp_path)
    (mine.config_path.parent / ".lock").mkdir()
    assert _trouble(mine) == f"{mine.config_path}: cannot be written: is a directory. Nothing was changed"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (OSError("Something Else"), "something else"),
    ],
)
def test_a_file_that_cannot_be_replaced_is_named_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    mine = _with(tmp_path)
    monkeypatch.setattr(module, "replace", _refusing(error))
    assert _trouble(mine) == f"{mine.config_path}: cannot be written: {reason}. Nothing was changed"
    assert mine.config_path.read_text() == '{"theirs": 1}'


def test_a_file_that_another_program_changes_without_end_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = _with(tmp_path)
    looks: list[int] = []

    def another(path: Path, limit: int) -> bytes:
        assert (path, limit) == (mine.config_path, CONFIG_BYTES)
        looks.append(1)
        return b"%d" % len(looks)

    monkeypatch.setattr(module, "read_bounded", another)
    assert _trouble(mine) == f"{mine.config_path}: is changed again and again. Nothing was changed. Try again"
    assert len(looks) > 1
    assert mine.config_path.read_text() == '{"theirs": 1}'


def test_a_no_between_two_looks_is_told(tmp_path: Path) -> None:
    mine = _with(tmp_path)

    def step(old: Decision) -> Decision:
        with ConfigLock(mine.config_path.parent) as other:
            other.record_no()
        return _yes(old)

    said = "a no was given at the same time. It stands. If you meant yes, answer once more"
    assert _trouble(mine, step) == f"{mine.config_path}: {said}"
    assert mine.config_path.read_text() == '{"theirs": 1}'


def _looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(module, "RECHECK_SECONDS", 0.25)
    return waits


def test_what_may_measure_is_looked_at_again_and_a_no_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    waits = _looks(monkeypatch)
    change(mine, _no)
    assert waits == []
    change(mine, _only_for_me)
    assert waits == [0.25]
    change(mine, _yes)
    assert waits == [0.25, 0.25]
    change(mine, lambda old: old._replace(delivery=Delivery.REVIEW))
    assert waits == [0.25, 0.25, 0.25]


@posix
@pytest.mark.parametrize("step", [_yes, _only_for_me])
@pytest.mark.parametrize(
    "written", ['{"metrics": {"enabled": false}}', '{"metrics": {"enabled": false}, "long": "%s"}' % ("x" * 9_000)]
)
def test_a_no_that_an_editor_writes_into_the_old_file_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, step: Callable[[Decision], Decision]
) -> None:
    mine = _with(tmp_path)
    with mine.config_path.open("r+") as editor:
        monkeypatch.setattr(module, "RECHECK_SECONDS", 0.0)

        def edit(_: float) -> None:
            editor.write(written)
            editor.flush()

        monkeypatch.setattr(time, "sleep", edit)
        assert "a no was given at the same time" in _trouble(mine, step)
    data = json.loads(mine.config_path.read_text())
    assert (data["metrics"]["enabled"], data["theirs"]) == (False, 1)
    assert not load(mine).decision.local


@posix
@pytest.mark.parametrize("written", ['{"metrics": {"enabled": true}}', '{"theirs": 2}', "{", ""])
def test_what_else_an_editor_writes_into_the_old_file_is_no_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    mine = _with(tmp_path)
    with mine.config_path.open("r+") as editor:

        def edit(_: float) -> None:
            editor.truncate(0)
            editor.write(written)
            editor.flush()

        monkeypatch.setattr(time, "sleep", edit)
        assert change(mine, _yes).changed
    assert load(mine).decision.consent is Consent.GRANTED


def test_a_yes_after_a_no_of_before_is_no_contradiction(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    change(mine, _no)
    assert change(mine, _yes).decision.consent is Consent.GRANTED
    assert change(mine, _only_for_me).decision.local
    assert change(mine, _yes).decision.consent is Consent.GRANTED


@pytest.mark.parametrize(
    "between", ['{"metrics": {"enabled": true}}', '{"metrics": {"enabled": false, "local": true}}', '{"theirs": 2}']
)
def test_what_else_is_decided_just_before_the_lock_is_taken_is_no_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    mine = _with(tmp_path)
    take = ConfigLock.take

    def taken(lock: ConfigLock, seconds: float) -> bool:
        mine.config_path.write_text(between)
        return take(lock, seconds)

    monkeypatch.setattr(ConfigLock, "take", taken)
    assert change(mine, _yes).changed
    assert load(mine).decision.consent is Consent.GRANTED


@posix
def test_after_a_change_nothing_is_open_and_the_lock_is_free(tmp_path: Path) -> None:
    mine = _with(tmp_path)
    before = open_files()
    change(mine, _yes)
    assert open_files() <= before
    descriptor = os.open(mine.config_path.parent / ".lock", os.O_RDWR)
    assert try_lock(descriptor)
    os.close(descriptor)
