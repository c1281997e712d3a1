"""Change the config file: under its lock, only if it is still what was read, and never against a no."""

import contextlib
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
from shimmy_metrics.limits import CONFIG_BYTES, LOCK_WAITS_SECONDS, RECHECK_SECONDS
from shimmy_metrics.system.files import another_owner, read_bounded
from shimmy_metrics.system.profile import Profile

_TRIES: Final = 20


class Changed(NamedTuple):
    """The decision as it is recorded now, and whether it changed."""

    decision: Decision
    changed: bool


def change(profile: Profile, step: Callable[[Decision], Decision], *, seconds: float = LOCK_WAITS_SECONDS) -> Changed:
    """Apply `step` to the recorded decision, write the result and return it. An unchanged decision is not written.

    A no that is given meanwhile wins, whoever gives it. `seconds`: how long to wait for the lock. `step` is called
    under the lock, and again if somebody else has changed the file. Raises `UserError` where a no was given, or the
    file is damaged, belongs to another user or cannot be written; the file is then unchanged.
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
                raise _overruled(path)
            decision = step(document.decision)
            if decision == document.decision:
                return Changed(decision, changed=False)
            with _kept_open(path) as old:
                if _replaced(path, text, render(document, decision), lock, last_no):
                    if decision.consent is Consent.GRANTED or decision.local:
                        _recheck(path, text, old, lock, last_no)
                    return Changed(decision, changed=True)
    raise UserError("is changed again and again", where=str(path), remedy="Nothing was changed. Try again")


def _own_lock(path: Path) -> ConfigLock:
    """Return the lock. Another user's file in its place is removed if the folder is the person's own."""
    lock = ConfigLock(path.parent)
    if lock.refusal:
        with contextlib.suppress(OSError):
            os.unlink(path.parent / ".lock")
            lock = ConfigLock(path.parent)
    if lock.refusal:
        raise UserError(f"cannot be written: {lock.refusal}", where=str(path), remedy="Nothing was changed")
    return lock


def _replaced(path: Path, before: bytes | None, data: bytes, lock: ConfigLock, last_no: int) -> bool:
    """Replace the file if it is still what was read; return whether it was. Raises `UserError` after a no."""

    def still() -> bool:
        if lock.last_no() != last_no:
            raise _overruled(path)
        return read_bounded(path, CONFIG_BYTES) == before

    try:
        return replace(Path(os.path.realpath(path)), data, still)
    except OSError as error:
        raise UserError(
            f"cannot be written: {reason_of(error)}", where=str(path), remedy="Nothing was changed"
        ) from error


@contextlib.contextmanager
def _kept_open(path: Path) -> Iterator[BinaryIO | None]:
    """Keep the file open that is about to be replaced: an editor may still write into it."""
    # Windows cannot replace an open file.
    if os.name == "nt" or not path.exists():
        yield None
        return
    with open(path, "rb") as file:
        yield file


def _recheck(path: Path, before: bytes | None, old: BinaryIO | None, lock: ConfigLock, last_no: int) -> None:
    """Check whether a no was given just as a yes replaced the file; if so restore it and raise `UserError`."""
    time.sleep(RECHECK_SECONDS)
    written = old.read(CONFIG_BYTES) if old is not None else before
    by_hand = written != before and _is_no(written)
    if lock.last_no() != last_no or by_hand:
        withdraw(path, lambda now: now._replace(consent=Consent.DECLINED, local=False))
        raise _overruled(path)


def _is_no(text: bytes | None) -> bool:
    with contextlib.suppress(UserError):
        return parse(text or b"", "").decision.consent is Consent.DECLINED
    return False


def _withdrawn(first: Document, now: Document) -> bool:
    """Whether a no was given between two reads: one is recorded, or the file that held a decision was deleted."""
    if now.decision.consent is Consent.DECLINED and not now.decision.local:
        return now.decision != first.decision
    return now.decision.consent is Consent.UNDECIDED and first.decision.consent is not Consent.UNDECIDED


def _overruled(path: Path) -> UserError:
    remedy = "It stands. If you meant yes, answer once more"
    return UserError("a no was given at the same time", where=str(path), remedy=remedy)
