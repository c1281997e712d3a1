"""Print lines of text: wrapped between words on a terminal, unwrapped to a pipe or a file."""

import os
import sys
from typing import Final

from shimmy_metrics.errors import harmless

COLUMNS: Final = 80
"""The width of a terminal that does not report one."""

_LEAST: Final = 20
"""Below this width lines are not wrapped: it would only add rows."""


def print_line(line: str) -> None:
    """Print a line to standard output and flush it. Characters that are not printable are escaped."""
    line = harmless(line)
    sys.stdout.write(f"{wrap_line(line, _columns()) if sys.stdout.isatty() else line}\n")
    sys.stdout.flush()


def wrap_line(line: str, columns: int) -> str:
    """Return the line wrapped between words, each row indented like the first.

    A line that holds a report (JSON begins with a brace) is never wrapped: its bytes stay as they are.
    """
    room = columns - 1  # some terminals print an empty row after a full one
    if len(line) <= room or columns < _LEAST or "{" in line:
        return line
    import textwrap  # it loads `re`, which a pipe does not need

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
