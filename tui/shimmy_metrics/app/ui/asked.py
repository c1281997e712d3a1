"""What a question says, and what an export is: values that whoever asks makes, and that a screen shows."""

import os
from pathlib import Path
from typing import NamedTuple


class Question(NamedTuple):
    """A question: its title, what will happen, and what the two answers are called."""

    title: str
    text: str
    yes: str
    no: str


class SaveRequest(NamedTuple):
    """What is saved: its bytes, what they are in words, and where they go unless the person says otherwise."""

    title: str
    data: bytes
    told: str
    path: Path
    copies: bool = False


class SaveTarget(NamedTuple):
    """What a person wants: the file, and whether the bytes are copied as well."""

    path: Path
    copies: bool


def at_home(path: Path) -> Path:
    """Return the path with `~` as the person's home; where none is known it stays, rather than raise."""
    return Path(os.path.expanduser(path))


def in_home(path: Path) -> str:
    """Return the path as people write it."""
    try:
        return f"~/{path.relative_to(at_home(Path('~')))}"
    except ValueError:
        return str(path)


def free(path: Path) -> Path:
    """Return the path, or the first with a number behind it where no file is yet."""
    number, made = 1, path
    while os.path.lexists(made):
        number += 1
        made = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return made
