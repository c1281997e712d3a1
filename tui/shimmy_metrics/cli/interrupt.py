"""The end of a command that the person interrupted (Ctrl-C)."""

import contextlib
import os
import signal
import sys


def end_interrupted() -> int:
    """End by the signal, as a program does that does not catch it: a shell's loop around it ends as well.

    Return an exit code where a program cannot end so.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # pressed again, it ends at once
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGINT)
    return 130
