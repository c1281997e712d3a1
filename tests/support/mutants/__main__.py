"""The command: the rooms, what is told of them, and whether it is enough."""

import argparse
import contextlib
import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing import connection, get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Final, NamedTuple

import hypothesis
import pytest

from support.mutants.make import Mutant, mutants
from support.mutants.reach import Reach, reach
from support.mutants.rooms import ROOMS
from support.mutants.survivors import PACKAGE, TESTS, listed_in, reasons
from support.mutants.trial import UNNOTICED, end, trial
from support.mutants.types import not_refused

ROOT: Final = TESTS.parent

WANTED: Final = 0.95
UNTRIED: Final = (PACKAGE / "report" / "population.py",)
"""Modules without mutants: guesses about an unknown population, where another guess is no error."""

_LEFT_OUT: Final = ("cacheprovider", "unraisableexception", "threadexception", "logging", "faulthandler")
"""Plugins that cost each trial more than its tests do."""

_ARGUMENTS: Final = (
    *("-q", "-m", "not long and not real", "-W", "ignore", "-p", "support.mutants.unwatched"),
    *(f"-pno:{each}" for each in _LEFT_OUT),
)
_SLOW_SECONDS: Final = 0.5
"""Tests that take longer are left out: there are few of them, and who survives costs the time of all."""
_LEAST_SECONDS: Final = 5.0
"""How long a trial may take where its tests take next to nothing; it fails a mutant that never ends."""
_TIMES_LONGER: Final = 10.0


class Verdict(NamedTuple):
    """What became of the mutants of a room: the keys of all, and of those that no test noticed."""

    tried: frozenset[str]
    survivors: frozenset[str]

    @property
    def noticed(self) -> int:
        """How many were noticed."""
        return len(self.tried) - len(self.survivors)

    @property
    def rate(self) -> float:
        """The part of them that was noticed, from 0 to 1."""
        return self.noticed / max(len(self.tried), 1)


def files_of(room: str) -> list[Path]:
    """Return the modules of a room, which is a folder of the package or one module; not those that are left out."""
    folder = PACKAGE / room
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    return [each for each in files if each not in UNTRIED]


def name_of(path: Path) -> str:
    """Return the dotted name under which a module is imported."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def key_of(mutant: Mutant) -> str:
    """Return what stands for a mutant in the list of survivors: its file in the package, and the change."""
    return f"{mutant.path.relative_to(PACKAGE).as_posix()} {mutant.name}"


def tried(room: str, only: str, workers: int) -> Verdict:
    """Put every mutant of a room to its tests; `only` is a part of the file names to which it is kept."""
    files = [each for each in files_of(room) if only in each.name]
    found = _in_a_fork(files, [*_ARGUMENTS, *ROOMS[room]])
    _warm_up(ROOMS[room])
    waiting = [each for path in files for each in mutants(path)]
    survivors = [each for each in waiting if not found.of(each.path, each.lines)]
    candidates = (each for each in waiting if found.of(each.path, each.lines))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        survivors += _trials(candidates, found, Path(folder), workers)
        known = reasons()
        listed = [each for each in survivors if key_of(each) in known]
        # Listed survivors are not tried: mypy takes seconds for each, and their reasons are known.
        others = [each for each in survivors if key_of(each) not in known]
        survivors = [*listed, *not_refused(others, ROOT, Path(folder), workers)]
    return Verdict(frozenset(map(key_of, waiting)), frozenset(map(key_of, survivors)))


def _trials(candidates: Iterator[Mutant], found: Reach, folder: Path, workers: int) -> list[Mutant]:
    survivors: list[Mutant] = []
    running: dict[ForkProcess, tuple[Mutant, float]] = {}
    while True:
        while len(running) < workers and (mutant := next(candidates, None)):
            tests = found.of(mutant.path, mutant.lines)
            limit = _LEAST_SECONDS + _TIMES_LONGER * sum(found.seconds[test] for test in tests)
            own = [*_ARGUMENTS, f"--basetemp={folder / str(len(survivors))}-{time.monotonic_ns()}"]
            given = (name_of(mutant.path), mutant.path, mutant.source, tests, found.seconds, own)
            process = get_context("fork").Process(target=trial, args=given)
            process.start()
            running[process] = (mutant, time.monotonic() + limit)
        if not running:
            return survivors
        connection.wait([process.sentinel for process in running], timeout=1.0)
        for process, (mutant, until) in list(running.items()):
            if process.is_alive() and time.monotonic() < until:
                continue
            if process.exitcode == UNNOTICED:
                survivors.append(mutant)
            assert process.pid is not None
            end(process.pid)
            process.join()
            del running[process]


def _in_a_fork(files: Sequence[Path], arguments: Sequence[str]) -> Reach:
    """Measure in a process that ends: what it imports must not be imported here."""
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def measure() -> None:
        try:
            theirs.send(reach(files, arguments, _SLOW_SECONDS))
        except ValueError as error:
            theirs.send(error)

    process = context.Process(target=measure)
    process.start()
    theirs.close()
    found = ours.recv()
    process.join()
    if not isinstance(found, Reach):
        raise SystemExit(str(found))
    return found


def _warm_up(tests: Iterable[str]) -> None:
    """Import all that the tests do, and forget what is in this repository, so that each trial imports that anew."""
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        pytest.main([*_ARGUMENTS, "--collect-only", *tests])
    gc.freeze()  # no fork scans, and so copies, what is loaded now
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(ROOT) and not name.startswith("support.mutants") and ".venv" not in file:
            del sys.modules[name]


def gone(room: str) -> list[str]:
    """Return the listed survivors of a room that are no mutants any more; no test is run for it."""
    listed = listed_in(room)
    names = {each.partition(" ")[0] for each in listed}
    files = [each for each in files_of(room) if each.relative_to(PACKAGE).as_posix() in names]
    return sorted(listed.difference(key_of(each) for path in files for each in mutants(path)))


def failures(room: str, verdict: Verdict, *, whole: bool) -> list[str]:
    """Return what is wrong with a verdict, a line each; of a part of a room (not `whole`) only what survives."""
    known = reasons()
    # A listed survivor may be noticed after all: on a busy machine a timing test notices what is merely slower.
    return [
        *([f"{verdict.rate:.1%} noticed, {WANTED:.0%} wanted"] if whole and verdict.rate < WANTED else []),
        *(f"survives without a reason: {each}" for each in sorted(verdict.survivors) if each not in known),
        *(f"listed, and no mutant any more: {each}" for each in sorted(listed_in(room) - verdict.tried) if whole),
    ]


def main() -> int:
    """Try the rooms that are named, or all; return how many are not held well enough."""
    parser = argparse.ArgumentParser(prog="python -m support.mutants", description="Try the mutants of these rooms.")
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], metavar="ROOM", help="all where none is named")
    parser.add_argument("--only", default="", help="a part of the names of the files to try")
    parser.add_argument("--listed", action="store_true", help="run no test: tell which listed survivors are gone")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    rooms = asked.rooms or [*ROOMS]
    if asked.listed:
        old = [each for room in rooms for each in gone(room)]
        sys.stdout.write("".join(f"listed, and no mutant any more: {each}\n" for each in old))
        return int(bool(old))
    os.chdir(ROOT)
    sys.path.append(str(ROOT))  # where a process that a test starts finds that test's module
    # Shrinking a failure would take longer than all the rest; and chance must not decide what survives.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutants", phases=phases, derandomize=True, database=None, deadline=None, max_examples=30
    )
    hypothesis.settings.load_profile("mutants")
    wrong = 0
    for room in rooms:
        begun = time.monotonic()
        verdict = tried(room, asked.only, asked.workers)
        found = failures(room, verdict, whole=not asked.only)
        sys.stdout.write(
            f"{room}: {verdict.noticed} of {len(verdict.tried)} noticed, {time.monotonic() - begun:.0f} s\n"
        )
        sys.stdout.write("".join(f"  {each}\n" for each in found))
        sys.stdout.flush()
        wrong += bool(found)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
