"""What is saved, where to, and how paths are written for people."""

import os
from pathlib import Path
from typing import NamedTuple


class SaveRequest(NamedTuple):
    """What may be saved: the question, the bytes, what they are in words, and the path unless another is chosen.

    `proves` is a sentence about what the file is a proof of, empty for none. Of several requests each has its `days`.
    """

    title: str
    data: bytes
    what: str
    path: Path
    proves: str = ""
    days: str = ""


class SaveTarget(NamedTuple):
    """What a person chose: the file, and whether the bytes are copied as well."""

    path: Path
    copies: bool


def expand_home(path: Path) -> Path:
    """Return the path with `~` as the person's home; where none is known it stays, rather than raise."""
    return Path(os.path.expanduser(path))


def home_relative(path: Path) -> str:
    """Return the path as people write it."""
    try:
        return f"~/{path.relative_to(expand_home(Path('~')))}"
    except ValueError:
        return str(path)


def unused_path(path: Path, data: bytes | None = None) -> Path:
    """Return the path, or the first with a number behind it where no file is yet, or one that holds `data`."""
    number, made = 1, path
    while os.path.lexists(made) and not _holds(made, data):
        number += 1
        made = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return made


def _holds(path: Path, data: bytes | None) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data or b"") and path.read_bytes() == data
    except OSError:
        return False
