"""What hot paths and short commands cost in instructions, whose number a busy machine does not change. Needs valgrind.

`python -m support.instructions`, from `tests/`, stores the figures of this version of Python, with which
`tests/budgets/test_instructions.py` compares. They are ratios, since each build of Python takes another number of
instructions for the same: to a yardstick of plain Python for what is done again and again, to a bare start of Python
for a command. Of one version's builds they differ by up to 7 %.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from support.hot_paths import FEW, MOST
from support.hot_paths import PATHS as HOT

STORED: Final = Path(__file__).parents[1] / "budgets" / "instructions.json"
PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor} on {platform.machine()}"
TOLERANCE: Final = 0.15
COMMAND: Final = "python -m support.instructions"
VALGRIND: Final = shutil.which("valgrind")

_MAIN: Final = "import sys; sys.argv = {words!r}; from shimmy_metrics.cli.main import shimmy; sys.exit(shimmy())"
_NO_EXEC: Final = "import os; os.execve = lambda *_: os._exit(0); "
"""valgrind follows no exec: the count ends where the real binary's would begin."""

WALKED: Final = {
    "a metered JSON exchange": "exchange",
    "an event of a metered stream": "event",
    "a report at the receiver": "report",
}
_LOOKS: Final = ("status", "preview", "export", "validate")
COMMANDS: Final = {
    **{word: _MAIN.format(words=["shimmy", "config", "--metrics", word]) for word in _LOOKS},
    "tui --plain": _MAIN.format(words=["shimmy", "tui", "--plain"]),
    "serve handed over while off": _NO_EXEC + _MAIN.format(words=["shimmy", "serve"]),
}


def known() -> dict[str, float]:
    """Return the ratios that are stored for this version of Python, none where it was never measured."""
    stored: dict[str, dict[str, float]] = json.loads(STORED.read_text(encoding="utf-8"))
    return stored.get(PYTHON, {})


def missing() -> str:
    """Return why nothing can be compared here, or empty."""
    if VALGRIND is None:
        return "valgrind is not installed"
    return "" if known() else f"nothing is stored for Python {PYTHON}: {COMMAND}, from tests/, stores it"


def measured() -> dict[str, float]:
    """Return the ratios of all paths, as they are now."""
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(os.cpu_count()) as pool:
        walking = pool.submit(_counts, home, "-m", "support.hot_paths")
        bare, *commands = pool.map(lambda run: _counts(home, "-c", run)[0], ("pass", *COMMANDS.values()))
        each = _each(walking.result())
    ratios = {path: each[name] / each["yardstick"] for path, name in WALKED.items()}
    ratios |= {path: count / bare for path, count in zip(COMMANDS, commands, strict=True)}
    return {path: round(ratio, 3) for path, ratio in ratios.items()}


def risen(now: Mapping[str, float], then: Mapping[str, float]) -> list[str]:
    """Return a line for each path that costs more than it may."""
    return [
        f"{path}: {ratio / then[path] - 1:.0%} more instructions ({then[path]:.2f} x, now {ratio:.2f} x)"
        for path, ratio in now.items()
        if ratio > then[path] * (1 + TOLERANCE)
    ]


def _each(counts: Sequence[int]) -> dict[str, float]:
    """Return the instructions of walking each path once; `counts` are of two processes a path, and of their parent."""
    return {
        name: (most - few) / (MOST - FEW) for name, few, most in zip(HOT, counts[:-1:2], counts[1:-1:2], strict=True)
    }


def _counts(home: str, *words: str) -> list[int]:
    """Return the instructions of each process of a run of Python, in the order of their ends. All modules are compiled.

    Raise `CalledProcessError`.
    """
    variables = {"PATH": os.defpath, "LANG": "C.UTF-8", "SHIMMY_BIN": "/bin/true", "PYTHONHASHSEED": "0"}
    environment = {"HOME": home, "PYTHONPATH": str(Path(__file__).parents[1]), **variables}
    run = [sys.executable, *words]
    valgrind = [VALGRIND or "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    told = ""
    for command in (run, [*valgrind, *run]):
        told = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        ).stderr
    return [int(count) for count in re.findall(r"Collected : (\d+)", told)]


def main() -> None:
    """Store the ratios of this version of Python, and print them beside what they were."""
    before, found = known(), measured()
    stored = json.loads(STORED.read_text(encoding="utf-8")) | {PYTHON: found}
    STORED.write_text(json.dumps(dict(sorted(stored.items())), indent=2) + "\n", encoding="utf-8")
    for path, ratio in found.items():
        was = f", was {before[path]:.3f} x" if path in before else ""
        sys.stdout.write(f"{path:<32}{ratio:7.3f} x{was}\n")


if __name__ == "__main__":
    main()
