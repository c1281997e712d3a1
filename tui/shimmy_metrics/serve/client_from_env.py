"""The program around the terminal, as the environment tells it: breaks a tie between clients in a report."""

from collections.abc import Callable
from typing import Final

from shimmy_metrics.system.environment import Environment

_TOLD: Final[tuple[tuple[str, Callable[[Environment], bool]], ...]] = (
    # Cursor is a VS Code and says so too: it comes first.
    ("cursor", lambda environment: bool(environment.get("CURSOR_TRACE_ID"))),
    ("vscode", lambda environment: environment.get("TERM_PROGRAM") == "vscode"),
    ("zed", lambda environment: environment.get("TERM_PROGRAM") == "zed" or bool(environment.get("ZED_TERM"))),
    ("jetbrains", lambda environment: environment.get("TERMINAL_EMULATOR").startswith("JetBrains")),
)


def client_from_env(environment: Environment) -> str:
    """Return a word of `vocabulary.CLIENTS`, or empty where the environment tells nothing."""
    return next((word for word, told in _TOLD if told(environment)), "")
