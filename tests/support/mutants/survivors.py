"""The mutants that no test notices, each with the reason why none should. Readable without the extra `mutants`."""

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = TESTS.parent / "tui" / "shimmy_metrics"
SURVIVORS: Final = TESTS / "mutants" / "survivors.toml"


def reasons() -> dict[str, str]:
    """Return why each listed survivor is let live, by its key: its file in the package, and the change."""
    listed = tomllib.loads(SURVIVORS.read_text())["survivors"]
    return {mutant: each["reason"] for each in listed for mutant in each["mutants"]}


def listed_in(room: str) -> set[str]:
    """Return the keys that are listed of a room, also those of files that are there no more."""
    return {each for each in reasons() if each.startswith((f"{room}/", f"{room}.py "))}


def without_their_line(keys: Collection[str]) -> list[str]:
    """Return the keys whose file or line is there no more: such a mutant can no longer be made."""
    return sorted(each for each in keys if not _line_stands(each))


def _line_stands(key: str) -> bool:
    name, _, change = key.partition(" ")
    file = PACKAGE / name
    if not file.is_file():
        return False
    text = " ".join(line.strip() for line in file.read_text().splitlines())
    lines = change.removesuffix(" left out").split(" -> ")
    # The line itself may contain an arrow; its place in the file stands before it.
    befores = [" -> ".join(lines[:count]) for count in range(1, max(len(lines), 2))]
    return any(part in text for before in befores for part in (before, before.partition(": ")[2]) if part)
