"""Asking for a typed yes before something is deleted."""

import sys
from collections.abc import Iterable

from shimmy_metrics.cli.tty import at_terminal, in_foreground
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.text_output import print_line


def agreed(lines: Iterable[str], question: str, command: str) -> bool:
    """Print what would be done and ask at the terminal; only a typed `yes` agrees.

    A no is answered on standard error. Raises `UserError`, naming the command, where there is no terminal.
    """
    if not at_terminal() or not in_foreground():
        remedy = "Add --yes to answer in advance"
        raise UserError("asks first, and there is no terminal to ask at", where=command, remedy=remedy)
    for line in lines:
        print_line(line)
    sys.stdout.write(f"{question} Type yes: ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() == "yes":
        return True
    sys.stderr.write("Not done.\n")
    return False
