"""Record a no at once: it hardly waits for the lock, needs no room on the disk and nobody's permission.

If the file cannot be replaced, its `true` is overwritten in place; if that fails too, the link to it or the file itself
is removed, which is a withdrawal as well. The result says what was done instead.
"""

import contextlib
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from shimmy_metrics.config.codec import Document, foreign, parse, render
from shimmy_metrics.config.lock import ConfigLock
from shimmy_metrics.config.trust import distrust
from shimmy_metrics.config.write import make_folder, overwrite, replace
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.limits import CONFIG_BYTES, NO_WAITS_SECONDS
from shimmy_metrics.system.files import read_bounded

_TRIES: Final = 20
_TRUE: Final = re.compile(rb"[ \t\r\n]true|true[ \t\r\n]")
"""A `true` with a space beside it: as long as `false`, and no mixture of the two is valid JSON, so none is a yes."""


class Withdrawn(NamedTuple):
    """The decision as it is recorded now, lines that tell how, if not as usual, and whether it changed."""

    decision: Decision
    notices: tuple[str, ...] = ()
    changed: bool = True


def withdraw(path: Path, refuse: Callable[[Decision], Decision]) -> Withdrawn:
    """Record the no that `refuse` returns for the recorded decision.

    Raises `UserError` for a file that cannot be read or parsed, which stays unchanged, and where nothing could be done:
    the remedy then says what to type.
    """
    with contextlib.suppress(OSError):  # reported below, when the file cannot be written
        make_folder(path.parent)
    with ConfigLock(path.parent) as lock:
        lock.take(NO_WAITS_SECONDS)
        for _ in range(_TRIES):
            try:
                done = _record(path, refuse)
            finally:
                lock.record_no()
            # A yes that read the file before this no may have replaced it since, without noticing the no.
            if not _says_yes(path):
                return done
    raise UserError("another program writes a yes again and again", where=str(path), remedy="Stop it, and try again")


def _record(path: Path, refuse: Callable[[Decision], Decision]) -> Withdrawn:
    for last in (*[False] * _TRIES, True):
        text, document = _read(path)
        decision = refuse(document.decision)
        if text is not None and decision == document.decision:
            return Withdrawn(decision, changed=False)
        try:
            if replace(_target(path), render(document, decision), partial(_unchanged, path, text, or_else=last)):
                break
        except OSError as error:
            reason = reason_of(error)
            if text is None or not (document.decision.local or document.decision.consent is Consent.GRANTED):
                remedy = (
                    "Your no is not recorded. Without a yes nothing is measured or sent, but you may be asked again"
                )
                raise UserError(f"cannot be written: {reason}", where=str(path), remedy=remedy) from error
            return _withdraw_in_place(path, text, document, reason)
    return Withdrawn(decision)


def _read(path: Path) -> tuple[bytes | None, Document]:
    text = None
    try:
        text = read_bounded(path, CONFIG_BYTES)
        return text, parse(text or b"", str(path))
    except UserError as error:
        if _is_another_s(path):
            return text, Document({}, Decision())  # it does not count, so it need not be kept
        remedy = f"{error.remedy}. It stays as it is; while it cannot be read nothing is measured or sent"
        raise UserError(error.what, where=error.where, remedy=remedy) from error


def _unchanged(path: Path, text: bytes | None, *, or_else: bool) -> bool:
    """Whether the file is unchanged since it was read, so that no keys are lost; with `or_else` it need not be."""
    with contextlib.suppress(UserError):
        return or_else or read_bounded(path, CONFIG_BYTES) == text
    return True


def _withdraw_in_place(path: Path, text: bytes, document: Document, reason: str) -> Withdrawn:
    """Withdraw without replacing the file."""
    real = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        start = _place_of_yes(text)
        if start is not None and _may_be_written(real, path):
            overwrite(real, text, start, b"false")
            notice = f"{path} could not be replaced ({reason}), so the yes in it was overwritten where it stands."
            return Withdrawn(parse(text[:start] + b"false" + text[start + 5 :], str(path)).decision, (notice,))
    again = "That withdraws as well; you will be asked again."
    if path.is_symlink():
        with contextlib.suppress(OSError):
            path.unlink()
            notice = f"{real} cannot be written ({reason}), so the link to it, {path}, was removed. {again}"
            return Withdrawn(Decision(), (notice,))
    with contextlib.suppress(OSError):
        real.unlink()
        notice = f"{path} cannot be written ({reason}), so it was deleted. {again}"
        besides = foreign(document)
        return Withdrawn(Decision(), (notice, "It also held:", *besides) if besides else (notice,))
    if not os.path.lexists(path):  # it was a link to somebody else's file
        return Withdrawn(Decision(), (f"{path} led to another user's file and was removed. {again}",))
    doubt = distrust(path)
    if doubt:
        remedy = f"Nothing is measured or sent from here all the same: {doubt}, so the yes in it does not count"
    else:
        import shlex  # rarely needed

        remedy = (
            "Metrics are still on. Type: export SHIMMY_METRICS=off (it switches off what is started from that shell), "
            f"and as soon as it can be changed: rm {shlex.quote(str(path))}"
        )
    raise UserError(f"cannot be changed: {reason}", where=str(path), remedy=remedy)


def _place_of_yes(text: bytes) -> int | None:
    """Return the offset at which five bytes overwritten by `false` turn the file into a no, or None."""
    for match in _TRUE.finditer(text):
        start = match.start()
        with contextlib.suppress(UserError):
            decision = parse(text[:start] + b"false" + text[start + 5 :], "").decision
            if decision.consent is Consent.DECLINED and not decision.local:
                return start
    return None


def _target(path: Path) -> Path:
    """Return the file to be replaced. A link to another user's file is removed first. Raises `OSError`."""
    real = Path(os.path.realpath(path))
    if path.is_symlink() and not _may_be_written(real, path):
        path.unlink()
        return path
    return real


def _may_be_written(real: Path, path: Path) -> bool:
    """Whether the file belongs to the person we act for: this user, or for root the owner of the folder."""
    if sys.platform == "win32":
        return True
    owner = os.stat(path.parent).st_uid if os.geteuid() == 0 else os.geteuid()
    return (real if real.exists() else real.parent).stat().st_uid == owner


def _is_another_s(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return not _may_be_written(Path(os.path.realpath(path)), path)
    return False


def _says_yes(path: Path) -> bool:
    with contextlib.suppress(UserError):
        return parse(read_bounded(path, CONFIG_BYTES) or b"", "").decision.consent is Consent.GRANTED
    return False
