"""`shimmy-metrics completion`: print a shell's completion of our commands."""

import sys
from pathlib import Path
from typing import Final

from shimmy_metrics.exit_codes import Exit

FOLDER: Final = Path(__file__).parent / "shells"

FILES: Final = {"bash": "shimmy-metrics.bash", "zsh": "_shimmy-metrics", "fish": "shimmy-metrics.fish"}
"""A script for each shell, generated from the list of commands by `support.renew`, in `tests/`."""


def completion(shell: str) -> int:
    """Print it; return the exit code."""
    sys.stdout.write((FOLDER / FILES[shell]).read_text(encoding="utf-8"))
    return Exit.DONE
