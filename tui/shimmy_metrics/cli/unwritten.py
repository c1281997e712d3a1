"""What is said where standard output cannot be written: why, and what tells what the command did. Loaded for that."""

from collections.abc import Sequence

from shimmy_metrics.cli.command_table import COMMANDS
from shimmy_metrics.errors import UserError, reason_of


def unwritten(error: OSError, command: str, rest: Sequence[str], *, helped: bool) -> UserError:
    """Return what is said for `error` of `command` (empty without one), behind which `rest` stood.

    `helped` tells that its help was asked for, which changes nothing.
    """
    what = f"cannot be written: {reason_of(error)}"
    told_by = "" if helped else _afterwards(command, rest)
    return UserError(what, where="standard output", remedy=told_by or "Print it elsewhere")


def _afterwards(command: str, rest: Sequence[str]) -> str:
    if command not in COMMANDS:
        return ""
    found = COMMANDS[command]
    for word in rest:  # an action need not be the first: --metrics ACTION
        found = found.chosen([word.removeprefix("--metrics=")])
    return found.afterwards
