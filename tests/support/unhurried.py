"""Run a command with more time than it has as shipped, so that it comes to its end however busy the machine is.

`unhurried.py FILE WORDS`. A session that is not sealed within 50 ms of an exit is left to a sender or, where none may
be started, to the next start; a sender that is not done within 5 s gives up: these are states of their own.
"""

import runpy
import sys

from shimmy_metrics import limits

if __name__ == "__main__":
    del sys.argv[0]
    limits.EXIT_DELAY_SECONDS = 25.0  # type: ignore[misc]
    limits.SEND_SECONDS = 25.0  # type: ignore[misc]
    runpy.run_path(sys.argv[0], run_name="__main__")
