"""What the operator says, in files of the receiver's folder: the programme's end, a group size of its own, a text.

A running receiver looks at the files at most once a second.
"""

import time
from collections.abc import Callable
from typing import Final

import orjson

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.receiver.asgi import Programme
from shimmy_metrics.receiver.folder import Folder, sync_folder, write_private

K: Final = 20
"""The smallest group that is told apart, where the operator says nothing else (RECEIVER: privacy in figures, 2)."""

OPERATOR_CHARACTERS: Final = 2_000

_LOOK_SECONDS: Final = 1.0


def read_programme(folder: Folder) -> Programme:
    """Return what the operator says now. What cannot be read counts as not said; an end that cannot be, as an end."""
    k = own_k(folder)
    return Programme(folder.ended.exists(), None if k == K else k, _operator(folder, k))


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
        return K
    return min(max(k, 1), K)


def set_k(folder: Folder, k: int) -> None:
    """Set the smallest group that is told apart: 1 to 20. Raise `UserError`."""
    if not 1 <= k <= K:
        raise UserError(
            f"groups can be told apart from 1 to {K} reports on", where="--own", remedy="Give such a number"
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
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if not lines:
        raise UserError("the text is empty: its first line is your name", where="operator", remedy="Give one")
    if len(text) > OPERATOR_CHARACTERS:
        raise UserError(f"it is longer than {OPERATOR_CHARACTERS:,} characters", where="operator", remedy="Shorten it")
    if not all(line.isprintable() for line in lines):
        raise UserError("it holds what cannot be printed", where="operator", remedy="Give plain text")
    write_private(folder.operator, ("\n".join(lines) + "\n").encode())


def _operator(folder: Folder, k: int) -> bytes:
    try:
        text = folder.operator.read_text(encoding="utf-8")
    except FileNotFoundError:
        return b""
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "not UTF-8"
        raise UserError(f"the text cannot be read: {reason}", where=str(folder.operator)) from None
    name, _, rest = text.strip()[:OPERATOR_CHARACTERS].partition("\n")
    return orjson.dumps({"name": name, "text": rest.strip(), "k": k})
