"""`shimmy` on a disk that hangs: `python -m support.slow_disk SECONDS WORD...` is the installed command.

Once a file `slow` is in the current directory, each write of figures, each line of the log and each read of the config
takes so many seconds. As with a real disk, the thread waits without holding Python's lock.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final

PROGRAM: Final = (sys.executable, "-m", "support.slow_disk")


def _slow(function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slowed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        if os.path.exists("slow"):
            time.sleep(seconds)
        return function(*arguments, **named)

    return slowed


def run(seconds: float, words: list[str]) -> int:
    """Run the command; return its exit code."""
    from shimmy_metrics.cli.main import shimmy
    from shimmy_metrics.serve import consent_watch
    from shimmy_metrics.store import sessions
    from shimmy_metrics.system import log

    for module, name in ((consent_watch, "read_consent"), (sessions, "checkpoint"), (log, "open_private")):
        setattr(module, name, _slow(getattr(module, name), seconds))
    sys.argv = ["shimmy", *words]
    return shimmy()


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2:]))
