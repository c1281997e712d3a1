"""`shimmy-metrics receive`: the other end, for whoever operates it.

Each action is a function of its arguments that returns the exit code; what it runs is imported there.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from shimmy_metrics.cli.arguments import parsed
from shimmy_metrics.cli.receive_table import RECEIVE
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile

_NEEDED: Final = ("uvicorn", "httptools", "cryptography")
"""What the extra `receive` brings."""

Arguments = Mapping[str, Any]


def receive(arguments: list[str]) -> int:
    """Run the receiver, or the action that the first argument names; return the exit code. Raises `UserError`."""
    command = RECEIVE.chosen(arguments)
    if command is RECEIVE:
        return _serve(parsed(RECEIVE, arguments))
    return _RUN[command.name](parsed(command, arguments[1:]))


def data_folder(given: Arguments) -> Path:
    """Return where the receiver keeps everything: `--data`, else beside the person's own state."""
    return Path(given["data"] or Profile.current().state_dir.with_name("shimmy-receiver")).absolute()


def require_extra() -> None:
    """Raise `UserError` where the libraries of the receiver are not installed."""
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            where="shimmy-metrics receive",
            remedy="Run pip install 'shimmy-metrics[receive]'",
        )


def _serve(given: Arguments) -> int:
    require_extra()
    raise UserError(f"nothing listens yet for {data_folder(given)}")


def _deploy(given: Arguments) -> int:
    from shimmy_metrics.receiver import deploy

    sys.stdout.write(deploy.text(given["kind"]))
    return Exit.DONE


_RUN: Final[Mapping[str, Callable[[Arguments], int]]] = {"deploy": _deploy}
"""What each action runs, by its word."""
