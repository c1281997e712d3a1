"""How commands print for programs on standard output, and remarks on standard error. Lines: `system/text_output`."""

import contextlib
import json
import sys
from typing import Any

from shimmy_metrics.errors import harmless


def print_stderr(line: str) -> None:
    """Print a line on standard error; it is dropped if that is closed or full."""
    with contextlib.suppress(OSError):  # the result matters more
        sys.stderr.write(f"{harmless(line)}\n")


def print_bytes(data: bytes) -> None:
    """Print bytes for a program on standard output, followed by a line break on a terminal."""
    sys.stdout.buffer.write(data if data.endswith(b"\n") or not sys.stdout.isatty() else data + b"\n")
    sys.stdout.buffer.flush()


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print a JSON value for a program on standard output, indented, with a line break behind it."""
    print_bytes(f"{json.dumps(value, indent=2)}\n".encode())
