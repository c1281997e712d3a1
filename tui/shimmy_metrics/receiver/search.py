"""Search a folder's files for bytes, whatever they are called by now."""

import os
import threading
from collections.abc import Iterator
from itertools import chain
from multiprocessing import parent_process
from pathlib import Path
from typing import Final

from shimmy_metrics.receiver.folder import Folder

_CHUNK: Final = 2**20


def holding(folder: Path, wanted: bytes) -> Iterator[Path]:
    """Yield the files below `folder` that hold `wanted`. Raise `OSError` where one, or a folder, cannot be read."""
    for path in _paths(folder):
        try:
            if path.is_file() and not path.is_symlink() and _holds(path, wanted):
                yield path
        except FileNotFoundError:
            continue  # a log that its process has just cut


def places(folder: Path, wanted: bytes) -> list[str]:
    """Return the files that `holding` yields, as a process of its own can return them."""
    return [str(path) for path in holding(folder, wanted)]


def end_with_parent() -> None:
    """End this process when the one that started it has gone, even if that was killed: a pool's would wait for ever."""
    threading.Thread(target=_end_behind_parent, name="parent", daemon=True).start()


def _end_behind_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(0)


def _paths(folder: Path) -> list[Path]:
    """Return what is no folder, in order. `Path.rglob` passes in silence over a folder that it cannot list.

    Of links, those are followed in whose place the receiver has a folder: its days may lie on another disk.
    """

    def raise_unless_gone(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    own = Folder(folder)
    tops = (folder, *(each for each in (own.days, own.keys, own.weeks) if each.is_symlink()))
    walked = chain.from_iterable(os.walk(top, onerror=raise_unless_gone) for top in tops)
    return sorted(Path(above, name) for above, _, names in walked for name in names)


def _holds(path: Path, wanted: bytes) -> bool:
    beyond = len(wanted) - 1
    kept = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if wanted in chunk or wanted in kept + chunk[:beyond]:
                return True
            kept = (kept + chunk)[-beyond:] if len(chunk) < beyond else chunk[-beyond:]
    return False
