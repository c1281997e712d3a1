"""A line for the person who runs a benchmark, at once."""

import sys


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
