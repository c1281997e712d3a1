"""What the types notice: a mutant that mypy refuses cannot be committed, whatever the tests say."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from support.mutants.make import Mutant

_REFUSED: Final = 1
"""mypy's exit code where it found something; 2 tells that it could not run."""


def not_refused(mutants: Sequence[Mutant], root: Path, folder: Path, workers: int) -> list[Mutant]:
    """Return those of the mutants that mypy takes. It runs in `root`, with its settings; `folder` is free for use."""

    def taken(numbered: tuple[int, Mutant]) -> bool:
        number, mutant = numbered
        changed = folder / f"{number}.py"
        changed.write_text(mutant.source)
        # Each concurrent run needs a cache of its own: it writes the changed module into it.
        cache = folder / f"cache-{number % workers}"
        asked = [f"--cache-dir={cache}", "--shadow-file", str(mutant.path), str(changed), str(mutant.path)]
        told = subprocess.run([sys.executable, "-m", "mypy", *asked], cwd=root, capture_output=True, check=False)
        return told.returncode != _REFUSED

    with ThreadPoolExecutor(workers) as pool:
        kept = list(pool.map(taken, enumerate(mutants)))
    return [mutant for mutant, is_taken in zip(mutants, kept, strict=True) if is_taken]
