"""What the operator says, in files of the receiver's folder: the programme's end, a group size of its own, a text.

A running receiver looks for the end at every request, and at the other files at most once a second.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Final, NamedTuple

import orjson

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.limits import GROUP_REPORTS
from shimmy_metrics.receiver.asgi import Programme
from shimmy_metrics.receiver.folder import Folder, sync_folder, write_private

OPERATOR_CHARACTERS: Final = 2_000

ENDED: Final = "The programme has ended: no report is taken."
"""What the operator reads of it, where reports might be expected."""

_LOOK_SECONDS: Final = 1.0
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Windows writes it before UTF-8."""


def read_programme(folder: Folder) -> Programme:
    """Return what the operator says now. What cannot be read counts as not said."""
    k = own_k(folder)
    return Programme(folder.ended.exists(), None if k == GROUP_REPORTS else k, _operator(folder, k))


def watched(folder: Folder, now: Callable[[], float] = time.monotonic) -> Callable[[], Programme]:
    """Return a function that tells what the operator says, as it was at most a second ago.

    The end alone holds at once: `receive end` has said that no report is taken any more.
    """
    seen = read_programme(folder)
    looked = now()
    ended = str(folder.ended)

    def programme() -> Programme:
        nonlocal seen, looked
        if now() - looked >= _LOOK_SECONDS:
            seen, looked = read_programme(folder), now()
        return Programme(os.access(ended, os.F_OK), seen.k, seen.operator)

    return programme


def own_k(folder: Folder) -> int:
    """Return the smallest group that is told apart of what arrives now."""
    return _sizes(folder)[-1].k


def k_between(folder: Folder, first: date, last: date) -> int:
    """Return the smallest group that may be told apart of what arrived from `first` to `last`.

    The largest size that answers stated, or left unstated, in these days: a smaller one was not agreed to by all.
    """
    sizes = _sizes(folder)
    ends = [following.since for following in sizes[1:]]
    told = [each.k for each, end in zip(sizes, [*ends, date.max], strict=True) if each.since <= last and end >= first]
    return max(told)


def set_k(folder: Folder, k: int, today: date) -> None:
    """Set the smallest group that is told apart: 1 to 20. Raise `UserError`.

    What arrived before `today` (UTC) keeps the size that its answers named.
    """
    if not 1 <= k <= GROUP_REPORTS:
        raise UserError(
            f"the smallest group told apart is 1 to {GROUP_REPORTS} reports", where="--own", remedy="Give such a number"
        )
    kept = _sizes(folder) if folder.seen.exists() else []
    if kept and kept[-1].k == k:
        return
    sizes = [*kept, _Size(k, today if kept else date.min)]
    write_private(folder.group_size, "".join(f"{each.k} {each.since}\n" for each in sizes).encode())


class _Size(NamedTuple):
    """A group size, and the day since which answers name it."""

    k: int
    since: date


def _sizes(folder: Folder) -> list[_Size]:
    """Return the group sizes that there were, the one in use last. A line without a day was always so."""
    try:
        words = [line.split() for line in folder.group_size.read_text().splitlines()]
        sizes = [_Size(int(k), date.fromisoformat(since[0]) if since else date.min) for k, *since in words]
    except (OSError, ValueError):
        sizes = []
    limited = [each._replace(k=min(max(each.k, 1), GROUP_REPORTS)) for each in sizes]
    return limited or [_Size(GROUP_REPORTS, date.min)]


def end(folder: Folder) -> None:
    """Take no report any more: every sender that comes is told, and stops until its person agrees anew."""
    write_private(folder.ended, b"")


def take_back_end(folder: Folder) -> None:
    """Take reports again."""
    folder.ended.unlink(missing_ok=True)
    sync_folder(folder.path)


def publish_text(folder: Folder, text: str) -> None:
    """Publish the operator's text: its first line is the operator's name. Raise `UserError`."""
    write_private(folder.operator, f"{_checked(text, 'operator')}\n".encode())


def operator_text(folder: Folder) -> str:
    """Return what the operator publishes, empty where that is nothing. Raise `UserError` where it cannot be published.

    The file may have been written by hand.
    """
    try:
        return _checked(folder.operator.read_text(encoding="utf-8"), str(folder.operator))
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is not UTF-8"
        what, remedy = (
            f"the operator's text cannot be read: {reason}",
            f"Publish it anew: {folder.command('operator FILE')}",
        )
        raise UserError(what, where=str(folder.operator), remedy=remedy) from None


def _checked(text: str, where: str) -> str:
    text = text.removeprefix(_BYTE_ORDER_MARK)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if not lines:
        raise UserError("the operator's text is empty", where=where, remedy="Its first line is your name")
    if len(text) > OPERATOR_CHARACTERS:
        too_long = f"the operator's text is longer than {OPERATOR_CHARACTERS:,} characters"
        raise UserError(too_long, where=where, remedy="Shorten it")
    if not all(line.isprintable() for line in lines):
        raise UserError("the operator's text holds what cannot be printed", where=where, remedy="Give plain text")
    return "\n".join(lines)


def _operator(folder: Folder, k: int) -> bytes:
    """Return the answer to whoever asks for the operator. A text that cannot be published never stops a report."""
    with suppress(UserError):
        name, _, rest = operator_text(folder).partition("\n")
        return orjson.dumps({"name": name, "text": rest.strip(), "k": k}) if name else b""
    return b""
