"""Renew all generated files, and name those that changed: `python -m support.renew [WHAT...]`, from `tests/`.

Without a word all of it is renewed, the quick parts first. The recording is another one each time, so it is made anew
only where it no longer shows today's screens, or where it is named. A test of each part fails where that is outdated.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

COMMAND: Final = "python -m support.renew"
RENEW: Final = f"run {COMMAND} from tests/ and look at what changed"
"""What a test says that finds a generated file outdated."""

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
SCHEMA: Final = ROOT / "tui/shimmy_metrics/report/report.schema.json"


class Made(NamedTuple):
    """What is generated, by where it lies. Of the files that are `stored` none other is to be left."""

    files: Mapping[Path, str]
    stored: Collection[Path] = ()


# Generators are imported lazily: the tests of the pure core import this module for `RENEW` alone.


def _fields() -> Made:
    from support import field_figures

    return Made(field_figures.renewed())


def _schema() -> Made:
    from shimmy_metrics.report import schema

    return Made({SCHEMA: schema.text()})


def _commands() -> Made:
    from support import shells

    return Made(shells.renewed())


def _readme() -> Made:
    from shimmy_metrics.report import readme_table
    from support import exactness

    return Made({README: exactness.renewed(readme_table.renewed(README.read_bytes().decode()))})


def _week() -> Made:
    from support import week_of_use

    return Made({week_of_use.LINES: week_of_use.text()})


def _snapshots() -> Made:
    from support import pictures
    from support.textual_version import insist

    insist()
    made = asyncio.run(pictures.every_snapshot())
    folder = pictures.SNAPSHOTS
    return Made({folder / name: text for name, text in made.items()}, [*folder.glob("*.txt")])


def _layouts() -> Made:
    from support import pictures
    from support.textual_version import insist

    insist()
    made = asyncio.run(pictures.every_layout())
    folder = pictures.LAYOUTS
    return Made({folder / name: text for name, text in made.items()}, [*folder.glob("*.txt")])


def _pictures() -> Made:
    from support import pictures
    from support.textual_version import insist

    insist()
    made = asyncio.run(pictures.every_picture())
    folder = pictures.PICTURES
    return Made({folder / name: text for name, text in made.items()}, [*folder.glob("*.svg")])


def _bytes() -> Made:
    from support import bytes_sent

    return Made({bytes_sent.TABLE: bytes_sent.table()})


def _recording() -> Made:
    from support import recording

    return Made({recording.RECORDING: recording.record()})


GENERATED: Final[Mapping[str, Callable[[], Made]]] = {
    "fields": _fields,
    "schema": _schema,
    "commands": _commands,
    "readme": _readme,
    "week": _week,
    "snapshots": _snapshots,
    "layouts": _layouts,
    "pictures": _pictures,
    "bytes": _bytes,
    "recording": _recording,
}
"""What is generated, in the order in which it is renewed."""


def write(made: Made) -> list[str]:
    """Write each file that differs, delete those that are no longer made; return a line for each."""
    lines: list[str] = []
    for path, text in made.files.items():
        if not path.exists() or path.read_bytes() != text.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            lines.append(f"renewed: {path}")
    for path in sorted({*made.stored} - {*made.files}):
        path.unlink()
        lines.append(f"deleted: {path}")
    return lines


def due() -> list[str]:
    """Return what is renewed where nothing is named."""
    from support import recording

    outdated = recording.missing(recording.RECORDING.read_text(encoding="utf-8"))
    return [what for what in GENERATED if what != "recording" or outdated]


def main(words: Sequence[str] | None = None) -> None:
    """Renew what is named, or what is due."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Renew what is generated.")
    parser.add_argument("what", nargs="*", choices=[*GENERATED, []], metavar="WHAT", help=", ".join(GENERATED))
    wanted = parser.parse_args(words).what or due()
    for at, what in enumerate(wanted, 1):
        sys.stdout.write(f"{what}:\n")
        sys.stdout.flush()
        changed = write(GENERATED[what]())
        lines = changed or ["as it was"]
        sys.stdout.write("".join(f"  {line.replace(f'{ROOT}/', '')}\n" for line in lines))
        sys.stdout.flush()
        if what == "fields" and changed and wanted[at:]:
            # This process still has the old sources loaded.
            subprocess.run([sys.executable, "-m", "support.renew", *wanted[at:]], cwd=ROOT / "tests", check=True)
            return


if __name__ == "__main__":
    main()
