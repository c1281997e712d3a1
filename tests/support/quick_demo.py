"""`shimmy demo` with the app, with sessions so short that a test need not wait for them.

`python -m support.quick_demo SECONDS` is the installed command, except for the length of its sessions, and that a busy
machine gets more time to leave the app in order.
"""

import sys
from typing import Final

PROGRAM: Final = """
from support.quick_demo import run
import sys
sys.exit(run({seconds}))
"""

_PATIENT_SECONDS: Final = 60.0


def command(seconds: float) -> str:
    """Return the command line of a demo with sessions of so many seconds."""
    return f"{sys.executable} -m support.quick_demo {seconds}"


def run(seconds: float) -> int:
    """Run the demo; return the exit code."""
    from shimmy_metrics.app.terminal import hang_up
    from shimmy_metrics.demo import run as demo

    demo.RUN_SECONDS = seconds  # type: ignore[misc]  # a constant of this process alone
    hang_up.FORCED_EXIT_SECONDS = _PATIENT_SECONDS  # type: ignore[misc]  # a constant of this process alone
    sys.argv = ["shimmy", "demo"]
    from shimmy_metrics.cli.main import shimmy

    return shimmy()


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1])))
