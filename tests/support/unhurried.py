"""Run a command whose exit waits until its session is sealed, however busy the machine is: unhurried.py COMMAND ...

As shipped an exit waits 50 ms. A session that is not sealed by then is left to a sender or, where none may be started,
to the next start, which is a state of its own.
"""

import runpy
import sys

from shimmy_metrics import limits

if __name__ == "__main__":
    del sys.argv[0]
    limits.EXIT_DELAY_SECONDS = 30.0  # type: ignore[misc]
    runpy.run_path(sys.argv[0], run_name="__main__")
