"""What is on this disk, and what forgetting does to it."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.errors import harmless
from shimmy_metrics.wording.numbers import amount

if TYPE_CHECKING:
    from shimmy_metrics.actions.forget import ForgetPlan, ForgetResult  # with the store, which a list does not want

USES: Final = {
    FileKind.CONFIG: "your answer, once you gave one, and what was recorded with it: its date, a random id that is "
    "never sent, the version of the fields that a yes was to, its receiver where that is not Shimmy's, whether it held "
    "reports; your own keys and theme for the app",
    FileKind.CONFIG_LOCK: "keeps apart two answers given at once",
    FileKind.CONFIG_LEFTOVER: "an answer that was being written when the program was killed",
    FileKind.STORE: "sessions, your own figures by day, waiting reports, what was sent, receipts",
    FileKind.STORE_JOURNAL: "undoes a write to the store that a crash cut off",
    FileKind.STORE_LOG: "part of the store, as the version before this one kept it",
    FileKind.BALLAST: "random bytes, given up to make room when the disk is full",
    FileKind.LOG: "what went wrong, and the times of attempts to send",
    FileKind.SENDER_LOCK: "held while a report is sent or recalled",
    FileKind.SESSION_LOCK: "held while a server is measured",
    FileKind.FOLDER: "the folder of the store and of what lies beside it",
    FileKind.EXPORT: "an export, receipts or a report, under a name that the app gives to what it saves",
}
"""What each kind is for."""

PLACES: Final = {
    FileKind.STORE: "the store",
    FileKind.STORE_JOURNAL: "the store's journal",
    FileKind.STORE_LOG: "the store's log",
    FileKind.LOG: "the log",
    FileKind.SENDER_LOCK: "the sender's lock",
    FileKind.SESSION_LOCK: "a session's lock",
}
"""What a file is called where something is searched for, or found, in it."""

_LEFT: Final = (FileKind.STORE, FileKind.LOG, FileKind.EXPORT)
"""What holds something of the person after a no."""

_GOES_OR_NOT_COUNTED: Final = {FileKind.CONFIG, FileKind.FOLDER, FileKind.SESSION_LOCK}
"""What is not said to stay after a no: the no itself, a folder, and a running session's lock, which ends with it."""

_NAMED_APART: Final = {FileKind.FOLDER, FileKind.EXPORT}
"""What the question before a deletion does not name with the files that it counts: a folder, and what was saved."""

CONFIG_STAYS: Final = (
    "your no, so that you are not asked again, with its date, a random id of it that is never sent, after an earlier "
    "yes what that was to and whether it held reports, and your own keys and theme if you set any. Delete it too, and "
    "you will be."
)
NOTHING_HERE: Final = "Nothing of ours is on this disk except the program itself."
NOTHING_MORE: Final = "Nothing of ours is on this disk except your config and the program itself."
NOTHING_TO_DELETE: Final = "There is nothing to delete."
INTERRUPTED: Final = "Interrupted: what is deleted is gone, the rest is not. Do this again to finish it."
NOT_LISTED: Final = (
    "Not listed: what you saved elsewhere or under another name, what shimmy-metrics receive keeps, and the sandbox of "
    "a killed demo."
)
BEYOND: Final = (
    "What a drive, a copy-on-write filesystem, a snapshot or a backup still keeps is beyond this program's reach."
)


def listed(files: Iterable[OwnFile]) -> Iterator[str]:
    """Yield everything of ours: path and size on one line, its use on the next, and the sum."""
    every = tuple(files)
    if not every:
        yield NOTHING_HERE
    for each in every:
        yield shown(each.path) if each.kind is FileKind.FOLDER else f"{shown(each.path)}  {amount(each.size, 'byte')}"
        yield f"    {USES[each.kind]}"
    if every:
        kinds = [each.kind for each in every if each.kind is not FileKind.FOLDER]
        config = ", one of them the config" if FileKind.CONFIG in kinds and len(kinds) > 1 else ""
        yield f"{total(every)}{config}, not counting the program itself."
    yield NOT_LISTED


def total(files: Iterable[OwnFile]) -> str:
    """Return how many files there are and how long they are together; folders do not count."""
    counted = [each for each in files if each.kind is not FileKind.FOLDER]
    return f"{amount(len(counted), 'file')}, {amount(sum(each.size for each in counted), 'byte')}"


RECALL: Final = "shimmy-metrics recall all"
FORGET: Final = "shimmy-metrics forget"


def question(plan: "ForgetPlan", recall: str = RECALL) -> Iterator[str]:
    """Yield what forgetting would do, with its numbers, to be read before answering.

    `recall` is the command, or in the app the keys, by which what was sent is recalled.
    """
    if plan.unrecordable:
        yield f"Your no cannot be recorded: {plan.unrecordable}."
    elif plan.withdraws:
        yield "This withdraws: your no is recorded, and a running server is no longer measured."
    if plan.unlisted:
        yield f"What else it would delete cannot be listed: {plan.unlisted}."
        return
    leaves = " and leaves your config" if plan.leaves_config else ""
    if not plan.files:
        yield NOTHING_TO_DELETE
    elif plan.unread:
        yield f"It deletes {total(plan.files)}{leaves}. The store's content was not counted: {plan.unread}."
    else:
        counted = (
            (plan.reports, amount(plan.reports, "waiting report")),
            (plan.sessions, amount(plan.sessions, "session")),
            (plan.receipts, amount(plan.receipts, "receipt")),
            (plan.days, f"your own figures of {amount(plan.days, 'day')}"),
        )
        *others, last = [text for number, text in counted if number] or ["no report, session or receipt"]
        held = f"{', '.join(others)} and {last}" if others else last
        named = ", ".join(shown(os.path.basename(each.path)) for each in plan.files if each.kind not in _NAMED_APART)
        files = f"{total(plan.files)}{named and f' ({named})'}"
        yield f"It deletes {files}, with {held} in the store{leaves and ','}{leaves}."
    if plan.files and plan.unrecordable:
        yield "But the files of these that a running server uses stay."
    saved = [each.path for each in plan.files if each.kind is FileKind.EXPORT]
    if saved:
        named = ", ".join(shown(os.path.basename(path)) for path in saved)  # all of them are in one folder
        folder = shown(os.path.dirname(saved[0]))
        yield f"That includes {amount(len(saved), 'file')} that you saved in {folder}: {named}."
    if plan.recallable:
        yield (
            "This does not take back what was sent, and afterwards it cannot be recalled: the ids for that are deleted "
            f"too. To have it deleted at its receiver, recall it first: {recall}."
        )
    elif plan.receipts or plan.unread:
        yield "This does not take back what was sent, and your receipts for it are deleted too."


def done(result: "ForgetResult", now: datetime) -> Iterator[str]:
    """Yield what forgetting did, and what it could not do, a sentence each."""
    from shimmy_metrics.wording.deletions import purged  # these load the store as well
    from shimmy_metrics.wording.departures import became

    yield from result.notices
    delivered = result.purged.delivered
    yield from purged(result.purged._replace(delivered=None), now)
    if delivered is not None:
        yield f"Just before: {became(delivered, now)}."
    if result.deleted or result.not_deleted:
        yield f"Deleted: {total(result.deleted)}."
    else:
        yield NOTHING_TO_DELETE
    for not_deleted in result.not_deleted:
        yield f"Not deleted: {shown(not_deleted.path)}: {not_deleted.reason}."
    if result.folder_kept:
        yield f"{shown(result.folder_kept.path)} stays: {result.folder_kept.reason}."
    if result.not_recorded:
        yield f"Your no is not recorded: {result.not_recorded}."
    if result.stays:
        yield f"Left: {shown(result.stays.path)}, {amount(result.stays.size, 'byte')}: {CONFIG_STAYS}"
    if result.complete:
        yield BEYOND


def stays(
    files: Iterable[OwnFile], receipts: int, recallable: int, *, recall: str = RECALL, forget: str = FORGET
) -> str:
    """Return what a no leaves here besides itself, and what deletes that; empty where it leaves nothing.

    `recallable` counts the requests that can be recalled. `recall` and `forget` are the commands, in the app the keys.
    """
    every = [each for each in files if each.kind not in _GOES_OR_NOT_COUNTED]
    if not any(each.kind in _LEFT for each in every):
        return ""
    left = len(every)  # the others too: `files`, and the question before they are deleted, count them
    what = f"{amount(receipts, 'receipt')} and {amount(left, 'file')}" if receipts else amount(left, "file")
    alone = left == 1 and not receipts
    stay = "stays" if alone else "stay"
    told = f"{what[:1].upper()}{what[1:]} {stay} here besides your no: {forget} deletes {'it' if alone else 'them'}."
    return f"{told} Only before that can what was sent be recalled: {recall}." if recallable else told


def names(result: "ForgetResult") -> Iterator[str]:
    """Yield the path of each file and folder that forgetting deleted, a line each behind one that says so."""
    if result.deleted:
        yield "Deleted, by path:"
        yield from (f"  {shown(each.path)}" for each in result.deleted)


def shown(path: str) -> str:
    """Return a path as a terminal may show it: unprintable characters are escaped."""
    return harmless(path)
