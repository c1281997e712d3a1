"""Lines of text for whoever reads them: folded between words on a terminal, whole for a pipe or a file."""

import os
import sys
from typing import Final

from shimmy_metrics.errors import harmless

COLUMNS: Final = 80
"""Where the terminal does not tell its width."""

_LEAST: Final = 20
"""Columns below which folding would only add rows."""


def print_line(line: str) -> None:
    """Print a line on standard output, at once. What is not printable in it is spelled out."""
    line = harmless(line)
    sys.stdout.write(f"{wrap_line(line, _columns()) if sys.stdout.isatty() else line}\n")
    sys.stdout.flush()


def wrap_line(line: str, columns: int) -> str:
    """Return the line broken between words so that it fits, each part as far in as the first.

    What holds a report (its JSON begins with a brace) stays one line: not a byte is added to it.
    """
    room = columns - 1  # some terminals leave an empty row behind a full one
    if len(line) <= room or columns < _LEAST or "{" in line:
        return line
    import textwrap  # with regular expressions behind it, and a pipe does not want it

    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    parts = textwrap.wrap(
        words,
        room,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS
