"""The config file changed: under its lock, only where it still is what was read, and never against a no."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from shimmy_metrics.config.codec import Document, parse, render
from shimmy_metrics.config.file import read
from shimmy_metrics.config.lock import ConfigLock
from shimmy_metrics.config.withdraw import withdraw
from shimmy_metrics.config.write import make_folder, replace
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.limits import CONFIG_BYTES, LOCK_WAITS_SECONDS, LOOKED_AGAIN_SECONDS
from shimmy_metrics.system.files import another_owner, read_bounded
from shimmy_metrics.system.profile import Profile

_TRIES: Final = 20


class Changed(NamedTuple):
    """The decision as it is recorded now, and whether it was another before."""

    decision: Decision
    changed: bool


def change(profile: Profile, step: Callable[[Decision], Decision], *, seconds: float = LOCK_WAITS_SECONDS) -> Changed:
    """Apply `step` to the recorded decision and write the result; return it. Nothing is written where it is the same.

    A no that comes meanwhile, from whomever, wins. `seconds`: how long the lock is waited for. `step` is called under
    the lock, and again where the file was changed by somebody else. Raises `UserError` where a no came, or the file
    is damaged, belongs to somebody else or cannot be written; it is then as it was.
    """
    path = profile.config_path
    folder = path.parent
    if another_owner(path):
        remedy = "Nothing was changed. Run this as the owner (under sudo the home may be another person's)"
        raise UserError("belongs to another user", where=str(folder), remedy=remedy)
    try:
        make_folder(folder)
    except OSError as error:
        raise UserError(
            f"cannot be made: {reason_of(error)}", where=str(folder), remedy="Nothing was changed"
        ) from error
    with _own_lock(path) as lock:
        last_no = lock.last_no()
        _, first = read(profile)
        if not lock.take(seconds):
            remedy = "Nothing was changed. Try again"
            reason = f"cannot be locked: {lock.refusal}" if lock.refusal else "another program holds its lock"
            raise UserError(reason, where=str(folder), remedy=remedy)
        for _ in range(_TRIES):
            text, document = read(profile)
            if _withdrawn(first, document):
                raise _overtaken(path)
            decision = step(document.decision)
            if decision == document.decision:
                return Changed(decision, changed=False)
            with _kept_open(path) as old:
                if _replaced(path, text, render(document, decision), lock, last_no):
                    if decision.consent is Consent.GRANTED or decision.local:
                        _look_again(path, text, old, lock, last_no)
                    return Changed(decision, changed=True)
    raise UserError("is changed again and again", where=str(path), remedy="Nothing was changed. Try again")


def _own_lock(path: Path) -> ConfigLock:
    """Return the lock. In the person's own folder somebody else's file in its place is removed."""
    lock = ConfigLock(path.parent)
    if lock.refusal:
        with contextlib.suppress(OSError):
            os.unlink(path.parent / ".lock")
            lock = ConfigLock(path.parent)
    if lock.refusal:
        raise UserError(f"cannot be written: {lock.refusal}", where=str(path), remedy="Nothing was changed")
    return lock


def _replaced(path: Path, before: bytes | None, data: bytes, lock: ConfigLock, last_no: int) -> bool:
    """Replace the file if it still is what was read; return whether it was. Raises `UserError` after a no."""

    def still() -> bool:
        if lock.last_no() != last_no:
            raise _overtaken(path)
        return read_bounded(path, CONFIG_BYTES) == before

    try:
        return replace(Path(os.path.realpath(path)), data, still)
    except OSError as error:
        raise UserError(
            f"cannot be written: {reason_of(error)}", where=str(path), remedy="Nothing was changed"
        ) from error


@contextlib.contextmanager
def _kept_open(path: Path) -> Iterator[BinaryIO | None]:
    """Hold the file that is about to be replaced: an editor may still write into it."""
    # Windows replaces no file that is open.
    if os.name == "nt" or not path.exists():
        yield None
        return
    with open(path, "rb") as file:
        yield file


def _look_again(path: Path, before: bytes | None, old: BinaryIO | None, lock: ConfigLock, last_no: int) -> None:
    """See whether a no came just as a yes took the file's place, and put it back. Raises `UserError` then."""
    time.sleep(LOOKED_AGAIN_SECONDS)
    written = old.read(CONFIG_BYTES) if old is not None else before
    by_hand = written != before and _is_no(written)
    if lock.last_no() != last_no or by_hand:
        withdraw(path, lambda now: dataclasses.replace(now, consent=Consent.DECLINED, local=False))
        raise _overtaken(path)


def _is_no(text: bytes | None) -> bool:
    with contextlib.suppress(UserError):
        return parse(text or b"", "").decision.consent is Consent.DECLINED
    return False


def _withdrawn(first: Document, now: Document) -> bool:
    """Whether a no came between two looks: one is recorded, or the file that held a decision was removed."""
    if now.decision.consent is Consent.DECLINED and not now.decision.local:
        return now.decision != first.decision
    return now.decision.consent is Consent.UNDECIDED and first.decision.consent is not Consent.UNDECIDED


def _overtaken(path: Path) -> UserError:
    remedy = "It stands. If you meant yes, answer once more"
    return UserError("a no was given at the same time", where=str(path), remedy=remedy)
