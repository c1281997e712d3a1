"""The sender's process: `python -m shimmy_metrics.delivery [RELEASED...]`. Silent; what fails goes to the local log.

Its arguments are the numbers of reports that a person released by hand. On standard input may stand a session that its
own process could not seal in time (`unsealed`).
"""

import os
import signal
import sys
import threading
import time

from shimmy_metrics.delivery.seal import seal_ended
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.delivery.unsealed import read
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.system.log import log_event
from shimmy_metrics.system.process import age_seconds
from shimmy_metrics.system.profile import Profile


def main() -> None:
    """Seal what is given, send what is due, once, and end within `SEND_SECONDS` of the process's begin."""
    _default_signals()
    left = SEND_SECONDS - age_seconds()
    deadline = time.monotonic() + left
    end = threading.Timer(left, os._exit, [1])  # whatever hangs: a departure left open is completed by who finds it
    end.daemon = True
    end.start()
    profile = Profile.current()
    try:
        _seal(profile)
        send_queued(profile, deadline, tuple(map(int, sys.argv[1:])))
    except Exception as error:  # noqa: BLE001 - the boundary: nobody is there to be told
        log_event(profile, "the sender stopped", error)
    os._exit(0)  # a thread that is still at a name look-up would hold up the interpreter's end


def _default_signals() -> None:
    """Undo what was inherited: a server's meter blocks signals for itself."""
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _seal(profile: Profile) -> None:
    given = sys.stdin.buffer.read()
    if given:
        seal_ended(profile, *read(given))


if __name__ == "__main__":
    main()
