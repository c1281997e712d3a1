"""Withdraw, then delete everything of ours on this disk but the recorded no.

The no comes first and stands whatever happens afterwards; running this again finishes the rest.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.actions.files import FileKind, OwnFile, files
from shimmy_metrics.actions.purge import SENDER_END_SECONDS, purge_without_consent
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.recall import recallable
from shimmy_metrics.config.codec import ours
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.delivery.sender_lock import wait_until_gone
from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.store import days, departures, outbox, sessions
from shimmy_metrics.store.database import store_path
from shimmy_metrics.store.erase import destroy
from shimmy_metrics.store.readonly import open_readonly, unread
from shimmy_metrics.system.locks import Lock, is_locked, lock_holders
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.wiping import remove, wipe

_SESSIONS_SECONDS: Final = 2.0
"""How long to wait for sessions: each reads the config twice a second, and stops being measured by itself."""

_POLL_SECONDS: Final = 0.02
_STORE: Final = (FileKind.STORE, FileKind.STORE_JOURNAL, FileKind.STORE_LOG)
_LOCKS: Final = (FileKind.SESSION_LOCK, FileKind.SENDER_LOCK, FileKind.CONFIG_LOCK)


class ForgetPlan(NamedTuple):
    """What forgetting would delete; `recallable` counts the requests that cannot be recalled after it.

    `sessions` are those whose report is not among the waiting `reports`: none is counted twice. `leaves_config`: there
    will be a config, which is none of `files`. `unlisted` says why our files cannot be listed, `unread` why the store's
    counts are not known, `unrecordable` why no no can be recorded; empty where they are, and where one can.
    """

    files: tuple[OwnFile, ...]
    withdraws: bool
    leaves_config: bool = False
    reports: int = 0
    sessions: int = 0
    receipts: int = 0
    recallable: int = 0
    days: int = 0
    unread: str = ""
    unlisted: str = ""
    unrecordable: str = ""

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to forget."""
        return not self.files and not self.withdraws and not self.unlisted

    @property
    def size(self) -> int:
        """How many bytes all files have together."""
        return sum(each.size for each in self.files)


class NotDeleted(NamedTuple):
    """A file that could not be deleted, and why."""

    path: str
    reason: str


class ForgetResult(NamedTuple):
    """What was done.

    `purged` is what the withdrawal itself deleted, and what had been sent before; `notices` are lines about how the no
    was recorded. `deleted` has the sizes from before that, as `forget_plan` has them. `not_recorded` says why the no
    could not be recorded, empty if it stands. `folder_kept` is the state folder, with the reason, if it stays although
    everything of ours in it is gone. `stays` is the config, with the no. `counted`: `purged` has the numbers, which
    nobody knows where the config or the store could not be used.
    """

    purged: PurgeResult
    deleted: tuple[OwnFile, ...]
    not_deleted: tuple[NotDeleted, ...]
    not_recorded: str = ""
    folder_kept: NotDeleted | None = None
    notices: tuple[str, ...] = ()
    stays: OwnFile | None = None
    counted: bool = True

    @property
    def complete(self) -> bool:
        """Whether everything is deleted, the no stands, and no report can be sent any more."""
        return not self.not_deleted and not self.not_recorded and not self.purged.may_leave_to


def forget_plan(profile: Profile) -> ForgetPlan:
    """Return what forgetting would delete. Writes nothing, raises nothing."""
    withdraws, unrecordable = _recorded(profile)
    leaves_config = withdraws or profile.config_path.exists()
    try:
        found = ForgetPlan(_deletable(profile), withdraws, leaves_config, unrecordable=unrecordable)
    except UserError as error:
        return ForgetPlan((), withdraws, leaves_config, unlisted=str(error), unrecordable=unrecordable)
    try:
        with open_readonly(profile, off=True) as db:
            if db is None:
                return found._replace(unread="a killed session left it unfinished" if unread(profile) else "")
            sent = departures.everything(db)
            waiting = {report.report_id for report in outbox.everything(db)}
            return found._replace(
                reports=len(waiting),
                sessions=sum(session.report_id not in waiting for session in sessions.everything(db)),
                receipts=sum(bool(departure.body) for departure in sent),
                recallable=len(recallable(sent)),
                days=len(days.everything(db)),
            )
    except UserError as error:
        return found._replace(unread=str(error))


def forget(profile: Profile) -> ForgetResult:
    """Record a no where a decision is recorded, stop what runs, and delete everything else of ours.

    What could not be done is in the result. Raises nothing.
    """
    before: tuple[OwnFile, ...] = ()
    with contextlib.suppress(UserError):  # it is told below
        before = _deletable(profile)
    withdrawn, notices, not_recorded = _withdraw(profile)
    wait_until_gone(profile, SENDER_END_SECONDS)
    _wait_for_sessions(profile)
    remade = bool(not_recorded) and _sessions_run(profile)
    deleted = [each for each in before if not os.path.lexists(each.path)]  # by the withdrawal: a killed session's lock
    not_deleted: list[NotDeleted] = []
    folder_kept: NotDeleted | None = None
    found: tuple[OwnFile, ...] = ()
    try:
        found = _deletable(profile)
    except UserError as error:
        not_deleted.append(NotDeleted(error.where, f"{error.what}. {error.remedy}"))
    for each in found:
        if each.kind is FileKind.FOLDER and (os.path.islink(each.path) or _holds_files(each.path)):
            if not any(os.path.dirname(other.path) == each.path for other in not_deleted):
                reason = "it is a link" if os.path.islink(each.path) else "it holds other files"
                folder_kept = NotDeleted(each.path, reason)
            continue
        try:
            _delete(each, profile, remade=remade)
            deleted.append(each)
        except UserError as error:
            not_deleted.append(NotDeleted(each.path, f"{error.what}. {error.remedy}"))
        except OSError as error:
            not_deleted.append(NotDeleted(each.path, reason_of(error)))
    return ForgetResult(
        withdrawn or PurgeResult(),
        tuple(_as_listed(deleted, before)),
        tuple(not_deleted),
        not_recorded,
        folder_kept,
        notices,
        _recorded_no(profile),
        counted=withdrawn is not None,
    )


def _as_listed(deleted: Iterable[OwnFile], before: Iterable[OwnFile]) -> Iterator[OwnFile]:
    """Yield what was deleted as it was listed before it began, without a lock or a log that the withdrawal made."""
    listed = {each.path: each for each in before}
    for each in deleted:
        if each.path in listed or each.kind not in (FileKind.CONFIG_LOCK, FileKind.LOG):
            yield listed.get(each.path, each)


def _deletable(profile: Profile) -> tuple[OwnFile, ...]:
    """Return what is deleted, the store first, and each lock after what it guards."""
    order = [
        *_STORE,
        FileKind.CONFIG_LEFTOVER,
        FileKind.LOG,
        FileKind.BALLAST,
        FileKind.EXPORT,
        *_LOCKS,
        FileKind.FOLDER,
    ]
    found = [each for each in files(profile) if each.kind is not FileKind.CONFIG]
    return tuple(sorted(found, key=lambda each: order.index(each.kind)))


def _recorded_no(profile: Profile) -> OwnFile | None:
    with contextlib.suppress(UserError):
        if load(profile).decision.consent is Consent.DECLINED:
            return next((each for each in files(profile) if each.kind is FileKind.CONFIG), None)
    return None


def _recorded(profile: Profile) -> tuple[bool, str]:
    """Return whether a decision other than a plain no is recorded, and why the config cannot be used.

    The second is empty where it can; where it cannot, it keeps its bytes, and counts as such a decision.
    """
    try:
        document = load(profile)
    except UserError as error:
        return True, str(error)
    declined = document.decision.consent is Consent.DECLINED and not document.decision.local
    part = ours(document)
    return not declined and ("enabled" in part or "enabled" in part.get("metrics", {})), ""


def _withdraw(profile: Profile) -> tuple[PurgeResult | None, tuple[str, ...], str]:
    """Record a no where there is something to withdraw.

    Return what that deleted (None where that is not known), lines on how it was recorded, and why it could not be,
    empty where it stands.
    """
    try:
        withdraws, _ = _recorded(profile)
        if withdraws:
            done = decline(profile)
            return done.purged, done.notices, ""
        return purge_without_consent(profile), (), ""
    except UserError as error:
        # A store that cannot be used is no obstacle: it is deleted whole.
        withdraws, _ = _recorded(profile)
        return None, (), str(error) if withdraws else ""


def _wait_for_sessions(profile: Profile) -> None:
    end = time.monotonic() + _SESSIONS_SECONDS
    while _sessions_run(profile) and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)


def _sessions_run(profile: Profile) -> bool:
    return any(map(is_locked, profile.state_path.glob("session-*.lock")))


def _delete(each: OwnFile, profile: Profile, *, remade: bool) -> None:
    """Delete one file of ours. Raises `UserError` or `OSError`.

    `remade`: a session that no recorded no ends would make the store again, with its figures in it. So that stays.
    """
    if each.kind is FileKind.FOLDER:
        os.rmdir(each.path)
    elif each.kind is FileKind.STORE and remade:
        raise UserError("would be made again by a server that runs", remedy="End it and do this again")
    elif each.kind is FileKind.STORE:
        destroy(each.path)
    elif each.kind in _STORE and os.path.lexists(store_path(profile)):
        raise UserError("is part of the store, which stays", remedy="It goes when the store goes")
    elif each.kind in _LOCKS or each.kind is FileKind.CONFIG_LEFTOVER:
        _delete_unheld(each.path)
    else:
        remove(each.path)


def _delete_unheld(path: str) -> None:
    """Delete a file that a living process may hold locked. Raises `UserError` where one does, or `OSError`."""
    lock = Lock(path)
    if not lock.take():
        by = ", ".join(map(str, lock_holders(path)))
        raise UserError(f"is held by process {by}" if by else "is in use", remedy="End it and do this again")
    with contextlib.suppress(OSError):
        wipe(path)
    try:
        lock.release(remove=True)
    except OSError:
        lock.release()
        raise


def _holds_files(folder: str) -> bool:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return any(True for _ in entries)
    return False
