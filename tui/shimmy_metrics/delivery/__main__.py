"""The sender's process: `python -m shimmy_metrics.delivery [RELEASED...]`. Prints nothing; errors go to the log.

Its arguments are the row ids of reports that a person released by hand. Standard input may hold a session that its own
process could not seal in time (`unsealed`).
"""

import os
import signal
import sys
import threading
import time

from shimmy_metrics.delivery.seal import seal_ended
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.delivery.unsealed import parse
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.process import age_seconds
from shimmy_metrics.system.profile import Profile


def main() -> None:
    """Seal the given session, make one attempt to send, and exit within `SEND_SECONDS` of the process's start."""
    _default_signals()
    left = SEND_SECONDS - age_seconds()
    deadline = time.monotonic() + left
    end = threading.Timer(left, os._exit, [1])  # whatever hangs; the next sender completes the departure
    end.daemon = True
    end.start()
    profile = Profile.current()
    try:
        _seal(profile)
        send_queued(profile, deadline, tuple(map(int, sys.argv[1:])))
    except Exception as error:  # noqa: BLE001 - the boundary: nobody is watching
        log_event(profile, "the sender met an error and ended", error)
    os._exit(0)  # a thread still in a name look-up would delay the interpreter's exit


def _default_signals() -> None:
    """Restore the default signals: the meter that starts this process blocks them for itself."""
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _seal(profile: Profile) -> None:
    given = sys.stdin.buffer.read()
    if given:
        seal_ended(profile, *parse(given))


if __name__ == "__main__":
    main()
