"""What the operator says, in files of the receiver's folder: the programme's end, a group size of its own, a text.

A running receiver looks at the files at most once a second.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import orjson

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.limits import GROUP_REPORTS
from shimmy_metrics.receiver.asgi import Programme
from shimmy_metrics.receiver.folder import Folder, sync_folder, write_private

OPERATOR_CHARACTERS: Final = 2_000

_LOOK_SECONDS: Final = 1.0


def read_programme(folder: Folder) -> Programme:
    """Return what the operator says now. What cannot be read counts as not said."""
    k = own_k(folder)
    return Programme(folder.ended.exists(), None if k == GROUP_REPORTS else k, _operator(folder, k))


def watched(folder: Folder, now: Callable[[], float] = time.monotonic) -> Callable[[], Programme]:
    """Return a function that tells what the operator says, as it was at most a second ago."""
    seen = read_programme(folder)
    looked = now()

    def programme() -> Programme:
        nonlocal seen, looked
        if now() - looked >= _LOOK_SECONDS:
            seen, looked = read_programme(folder), now()
        return seen

    return programme


def own_k(folder: Folder) -> int:
    """Return the smallest group that is told apart."""
    try:
        k = int(folder.group_size.read_text())
    except (OSError, ValueError):
        return GROUP_REPORTS
    return min(max(k, 1), GROUP_REPORTS)


def set_k(folder: Folder, k: int) -> None:
    """Set the smallest group that is told apart: 1 to 20. Raise `UserError`."""
    if not 1 <= k <= GROUP_REPORTS:
        raise UserError(
            f"groups can be told apart from 1 to {GROUP_REPORTS} reports on", where="--own", remedy="Give such a number"
        )
    write_private(folder.group_size, f"{k}\n".encode())


def end(folder: Folder) -> None:
    """Take no report any more: every sender is told, and stops until its person agrees anew."""
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
        reason = reason_of(error) if isinstance(error, OSError) else "it is no UTF-8"
        what, remedy = (
            f"the operator's text cannot be read: {reason}",
            "Publish it anew: shimmy-metrics receive operator",
        )
        raise UserError(what, where=str(folder.operator), remedy=remedy) from None


def _checked(text: str, where: str) -> str:
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
