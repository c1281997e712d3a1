"""Print lines of text: wrapped on a terminal, and where COLUMNS asks for it; unwrapped to a pipe or a file."""

import os
import sys
from collections.abc import Iterable
from typing import Final

from shimmy_metrics.errors import harmless
from shimmy_metrics.system.environment import Environment

COLUMNS: Final = 80
"""The width where none is known."""

_MOST: Final = 100
"""Longer rows are hard to read, however wide the terminal is."""

_LEAST: Final = 20
"""Below this width lines are not wrapped: it would only add rows."""


def print_line(line: str) -> None:
    """Print a line to standard output and flush it. Characters that are not printable are escaped."""
    print_lines([line])


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as `print_line` does, each as soon as it is there."""
    room = columns() if sys.stdout.isatty() or _asked() > 0 else 0
    for line in map(harmless, lines):
        sys.stdout.write(f"{wrap_line(line, room) if room else line}\n")
        sys.stdout.flush()


def wrap_line(line: str, columns: int) -> str:
    """Return the line wrapped between words, each row indented like the first.

    A report (JSON begins with a brace or a bracket) is wrapped behind its commas: its rows together are its bytes.
    """
    room = columns - 1  # some terminals print an empty row after a full one
    if len(line) <= room or columns < _LEAST:
        return line
    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    if words.startswith(("{", "[")):
        return "\n".join(f"{indent}{row}" for row in _json_rows(words, room - len(indent)))
    import textwrap  # it loads `re`, which a pipe does not need

    parts = textwrap.wrap(
        words,
        room,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)


def columns() -> int:
    """Return how wide a line for a person can be: COLUMNS, else the terminal's width, else 80; at most 100."""
    return min(_asked() or _of_terminal(), _MOST)


def _of_terminal() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS


def _asked() -> int:
    """Return the width that COLUMNS asks for, 0 without one."""
    asked = Environment.current().get("COLUMNS")
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 0


def _json_rows(text: str, room: int) -> list[str]:
    rows = [""]
    for piece in text.replace(",", ",\0").split("\0"):
        if rows[-1] and len(rows[-1]) + len(piece) > room:
            rows.append("")
        rows[-1] += piece
    return rows
