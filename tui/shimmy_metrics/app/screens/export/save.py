"""What is saved, where to, and how paths are written for people."""

import os
from pathlib import Path
from typing import NamedTuple


class SaveRequest(NamedTuple):
    """What may be saved: the question, the bytes, what they are in words, and the path unless another is chosen."""

    title: str
    data: bytes
    what: str
    path: Path
    copies: bool = False


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


def unused_path(path: Path) -> Path:
    """Return the path, or the first with a number behind it where no file is yet."""
    number, made = 1, path
    while os.path.lexists(made):
        number += 1
        made = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return made
