"""Whether the question can be asked: on a terminal, by its foreground process group."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # a hand-over must not load it
    from shimmy_metrics.system.profile import Profile


def at_terminal() -> bool:
    """Whether standard input and output are both terminals."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def in_foreground() -> bool:
    """Whether this process is in its terminal's foreground group; a question would stop a `serve &`."""
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


def app_can_run(profile: "Profile") -> bool:
    """Whether the terminal can show the app; otherwise lines of text serve."""
    terminal = profile.environment.get("TERM")
    named = bool(terminal) or sys.platform == "win32"  # there no terminal has a name
    return at_terminal() and named and terminal != "dumb"
