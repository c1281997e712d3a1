"""A yes and a no at the same time: the no that came last or between wins; and nobody's change is lost."""

import contextlib
import itertools
import json
import os
import random
import stat
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.config import change as module
from shimmy_metrics.config import withdraw
from shimmy_metrics.config.change import change
from shimmy_metrics.config.file import load
from shimmy_metrics.config.lock import ConfigLock
from shimmy_metrics.config.write import Prepared, leftovers
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import RECHECK_SECONDS
from shimmy_metrics.system.locks import try_lock
from shimmy_metrics.system.profile import Profile
from support.samples import profile
from support.timely import in_time

ROUNDS = [12, pytest.param(1_000, marks=pytest.mark.long)]


@contextlib.contextmanager
def _locked(mine: Profile) -> Iterator[None]:
    """Hold the lock, as another process does (`flock` counts each opening of the file by itself)."""
    descriptor = os.open(mine.config_path.parent / ".lock", os.O_RDWR)
    try:
        assert try_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def test_a_no_waits_a_quarter_of_a_second_for_the_lock_and_then_goes_without(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    with _locked(mine):
        began = time.monotonic()
        decline(mine)
        took = time.monotonic() - began
        assert took >= 0.25
        assert in_time(took, 0.75)
    assert load(mine).decision.consent is Consent.DECLINED


def test_a_yes_is_written_under_the_lock_alone(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    decline(mine)
    with _locked(mine), pytest.raises(UserError, match="holds its lock"):
        change(mine, lambda old: old._replace(consent=Consent.GRANTED), seconds=0.2)
    assert load(mine).decision.consent is Consent.DECLINED


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are POSIX")
@pytest.mark.parametrize("planted", ["link", "hard link", "folder", "FIFO", "readable"])
def test_a_planted_lock_stops_no_no_and_is_written_by_nobody(tmp_path: Path, planted: str) -> None:
    mine = profile(tmp_path)
    enable(mine)
    lock = mine.config_path.parent / ".lock"
    lock.unlink()
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    notes.chmod(0o644)
    os.utime(notes, (1, 1))
    make: Callable[[], object] = {
        "link": lambda: lock.symlink_to(notes),
        "hard link": lambda: os.link(notes, lock),
        "folder": lock.mkdir,
        "FIFO": lambda: os.mkfifo(lock),
        "readable": lambda: lock.touch(0o644),
    }[planted]
    make()
    decline(mine)
    assert load(mine).decision.consent is Consent.DECLINED
    assert (notes.read_text(), stat.S_IMODE(notes.stat().st_mode), notes.stat().st_mtime) == ("mine", 0o644, 1)
    if planted == "folder":
        with pytest.raises(UserError, match="is a directory"):
            enable(mine)
    else:
        enable(mine)
        found = lock.lstat()
        assert (stat.S_ISREG(found.st_mode), stat.S_IMODE(found.st_mode), found.st_nlink) == (True, 0o600, 1)
    assert (notes.read_text(), stat.S_IMODE(notes.stat().st_mode), notes.stat().st_mtime) == ("mine", 0o644, 1)


def test_each_no_leaves_another_time_on_the_lock(tmp_path: Path) -> None:
    with ConfigLock(tmp_path) as one, ConfigLock(tmp_path) as other:
        seen = set()
        for lock in (one, other, one, other):
            seen.add(lock.last_no())
            lock.record_no()
        assert len(seen) == 4


def _between(monkeypatch: pytest.MonkeyPatch, what: str, act: Callable[[], object], where: object = module) -> None:
    """Do something once, at the very moment before a step of a yes."""
    step = getattr(where, what)

    def interrupted(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(where, what, step)
        act()
        return step(*arguments, **named)

    monkeypatch.setattr(where, what, interrupted)


@pytest.mark.parametrize("step", ["read", "render", "replace", "_recheck"])
@pytest.mark.parametrize("before", [Consent.UNDECIDED, Consent.DECLINED])
def test_a_no_that_comes_while_a_yes_is_written_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: Consent
) -> None:
    mine = profile(tmp_path)
    if before is Consent.DECLINED:
        decline(mine)  # then a no that comes between writes nothing, and counts all the same
    _between(monkeypatch, step, lambda: decline(mine))
    with pytest.raises(UserError, match="a no was given at the same time"):
        enable(mine)
    assert load(mine).decision.consent is Consent.DECLINED
    assert enable(mine).decision.consent is Consent.GRANTED


def test_a_no_that_came_before_a_yes_was_written_is_not_replaced_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = profile(tmp_path)
    decline(mine)
    _between(monkeypatch, "replace", lambda: decline(mine))
    monkeypatch.setattr(Prepared, "put", lambda _: pytest.fail("a yes was written"))
    with pytest.raises(UserError, match="a no was given at the same time"):
        enable(mine)


@pytest.mark.parametrize("step", ["take", "render", "replace"])
@pytest.mark.parametrize("text", ['{"metrics": {"enabled": false}}', None])
def test_a_no_of_an_editor_wins_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, text: str | None
) -> None:
    mine = profile(tmp_path)
    enable(mine)

    def edit() -> None:
        if text is None:
            mine.config_path.unlink()
        else:
            mine.config_path.write_text(text)

    _between(monkeypatch, step, edit, ConfigLock if step == "take" else module)
    with pytest.raises(UserError, match="a no was given at the same time"):
        enable(profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://metrics.example.org/"))
    assert load(mine).decision.consent is not Consent.GRANTED


def test_an_editor_that_writes_into_the_replaced_file_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.write_text("{}")
    editor = mine.config_path.open("r+")

    def edit() -> None:
        editor.write('{"metrics": {"enabled": false}}')
        editor.close()

    _between(monkeypatch, "_recheck", edit)
    with pytest.raises(UserError, match="a no was given at the same time"):
        enable(mine)
    assert load(mine).decision.consent is Consent.DECLINED


@pytest.mark.parametrize("step", ["render", "replace"])
def test_another_writer_s_keys_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.write_text('{"theme": "dark"}')
    _between(monkeypatch, step, lambda: mine.config_path.write_text('{"theme": "light", "new": [1]}'))
    enable(mine)
    written = json.loads(mine.config_path.read_text())
    assert (written["theme"], written["new"], written["metrics"]["enabled"]) == ("light", [1], True)


@pytest.mark.parametrize("before", [Consent.UNDECIDED, Consent.GRANTED])
def test_a_no_keeps_what_an_editor_wrote_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: Consent
) -> None:
    mine = profile(tmp_path)
    if before is Consent.GRANTED:
        enable(mine)
    else:
        mine.config_path.parent.mkdir(parents=True, mode=0o700)

    def edit() -> None:
        mine.config_path.write_text('{"theme": "light", "metrics": {"enabled": true, "keys": {}}}')

    _between(monkeypatch, "render", edit, withdraw)
    decline(mine)
    written = json.loads(mine.config_path.read_text())
    assert (written["theme"], written["metrics"]["keys"], written["metrics"]["enabled"]) == ("light", {}, False)


def test_a_no_does_not_wait_for_an_editor_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path)
    enable(mine)
    monkeypatch.setattr(withdraw, "read_bounded", _always_another(mine.config_path))
    decline(mine)
    assert load(mine).decision.consent is Consent.DECLINED


def _always_another(path: Path) -> Callable[..., bytes]:
    """Return a reader that finds other foreign keys each time that it looks."""
    numbers = itertools.count()
    return lambda *_: json.dumps({"n": next(numbers), **json.loads(path.read_text())}).encode()


def _say_no(root: str, ways: Connection) -> None:
    mine = Profile.under(Path(root))
    while (wait := ways.recv()) is not None:
        time.sleep(wait)
        began = time.monotonic()
        decline(mine)
        ways.send((began, time.monotonic()))


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_a_yes_and_a_no_the_no_that_came_last_or_between_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.setattr(module, "RECHECK_SECONDS", RECHECK_SECONDS)
    chance = random.Random(rounds)
    mine = profile(tmp_path)
    came: list[float] = []
    last_no = ConfigLock.last_no

    def timed(lock: ConfigLock) -> int:
        """Note when a yes comes: at its first look for noes."""
        before = time.monotonic()
        found = last_no(lock)
        came.extend((before, time.monotonic()) if not came else ())
        return found

    monkeypatch.setattr(ConfigLock, "last_no", timed)
    ours, theirs = get_context("spawn").Pipe()
    other = get_context("spawn").Process(target=_say_no, args=(str(tmp_path), theirs), daemon=True)
    other.start()
    theirs.close()  # so that a process that dies ends the wait for it
    between = 0
    try:
        for _ in range(rounds):
            ours.send(chance.choice([0.0, chance.uniform(0, 0.03), chance.uniform(0, RECHECK_SECONDS + 0.1)]))
            time.sleep(chance.uniform(0, 0.02))
            came.clear()
            told = True
            try:
                enable(mine)
            except UserError:
                told = False
            ended = time.monotonic()
            no_began, no_ended = ours.recv()
            found = load(mine).decision.consent
            if no_began > came[1]:
                assert found is Consent.DECLINED
                between += no_began < ended
            elif no_ended < came[0]:
                assert found is Consent.GRANTED
            if not told:
                assert found is Consent.DECLINED
            if chance.random() < 0.5:
                decline(mine)
    finally:
        ours.send(None)
        other.join(10)
    assert between
    assert not leftovers(mine.config_path)
