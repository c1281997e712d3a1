"""How commands print: answers on standard output, words beside them on standard error."""

import contextlib
import sys

from shimmy_metrics.errors import harmless


def print_line(line: str) -> None:
    """Print a line for a person on standard output."""
    sys.stdout.write(f"{harmless(line)}\n")


def print_stderr(line: str) -> None:
    """Print a line beside the answer, on standard error; where that is closed or full it is dropped."""
    with contextlib.suppress(OSError):  # the answer is what counts
        sys.stderr.write(f"{harmless(line)}\n")


def print_bytes(data: bytes) -> None:
    """Print bytes for a program on standard output; a terminal gets a line break behind them."""
    sys.stdout.buffer.write(data if data.endswith(b"\n") or not sys.stdout.isatty() else data + b"\n")
    sys.stdout.buffer.flush()
