"""The program around the terminal, from the environment: it breaks a tie between clients in a report."""

from collections.abc import Callable
from typing import Final

from shimmy_metrics.system.environment import Environment

_SIGNS: Final[tuple[tuple[str, Callable[[Environment], bool]], ...]] = (
    # Cursor is a fork of VS Code and sets its variable too, so it comes first.
    ("cursor", lambda environment: bool(environment.get("CURSOR_TRACE_ID"))),
    ("vscode", lambda environment: environment.get("TERM_PROGRAM") == "vscode"),
    ("zed", lambda environment: environment.get("TERM_PROGRAM") == "zed" or bool(environment.get("ZED_TERM"))),
    ("jetbrains", lambda environment: environment.get("TERMINAL_EMULATOR").startswith("JetBrains")),
)


def client_from_env(environment: Environment) -> str:
    """Return a word of `vocabulary.CLIENTS`, or empty if the environment names none."""
    return next((word for word, matches in _SIGNS if matches(environment)), "")
