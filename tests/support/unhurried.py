"""Run a command with more time than it has as shipped, so that it comes to its end however busy the machine is.

`unhurried.py FILE WORDS`, or `-m MODULE WORDS`. A session that is not sealed within 50 ms of an exit is left to a
sender or, where none may be started, to the next start; a sender that is not done within 5 s gives up: these are states
of their own. A sender that the command starts has the same time.
"""

import runpy
import sys

from shimmy_metrics import limits
from shimmy_metrics.delivery import detach

if __name__ == "__main__":
    detach.SENDER = (sys.executable, "-P", __file__, *detach.SENDER[2:])  # type: ignore[misc]  # a constant of this process alone
    limits.EXIT_DELAY_SECONDS = 25.0  # type: ignore[misc]  # a constant of this process alone
    limits.SEND_SECONDS = 25.0  # type: ignore[misc]  # a constant of this process alone
    del sys.argv[0]
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
