r"""Signals that a person or a supervisor sends to us are meant for the server (Linux).

They are blocked before there is a second thread, and one thread takes them with what the kernel says about each. What
the terminal sends (Ctrl-C, Ctrl-Z, Ctrl-\, its end) comes from the kernel and reached the server as well, being in the
same process group, so it is not sent again: a second one could mean "at once" to a server. What a process sent
(`kill`, a supervisor) came to us alone and is passed on. A `kill` of the whole group therefore arrives twice; for
Shimmy, which handles none of them, the first is the last.
"""

import os
import signal
import sys
import threading
from typing import Final

from shimmy_metrics.serve.child import Child

assert sys.platform == "linux"

_PASSED_ON: Final = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGTSTP,
    signal.SIGCONT,
)
_SI_KERNEL: Final = 0x80
"""siginfo's `si_code` for what the kernel itself sends, a terminal's keys among it (sigaction(2))."""


def block() -> list[signal.Signals]:
    """Block the signals that will be passed on, and return them. Those ignored (nohup) stay ignored, for both."""
    ours = [number for number in _PASSED_ON if signal.getsignal(number) is not signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_BLOCK, ours)
    return ours


def unblock(blocked: list[signal.Signals]) -> None:
    """Undo `block`: this process becomes the server after all."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)


def pass_on(child: Child, blocked: list[signal.Signals]) -> None:
    """Pass them on to the child until this process ends."""
    threading.Thread(target=_take, args=(child, blocked), daemon=True, name="signals").start()


def _take(child: Child, blocked: list[signal.Signals]) -> None:
    while True:
        told = signal.sigwaitinfo(blocked)
        number = signal.Signals(told.si_signo)
        if told.si_code != _SI_KERNEL or not _whole_group(number):
            child.send(number)
        if number is signal.SIGTSTP:
            _stop()


def _whole_group(number: signal.Signals) -> bool:
    """Whether the kernel sends this to the server as well: a terminal's end is told to the session's leader alone."""
    return number is not signal.SIGHUP or os.getsid(0) != os.getpid()


def _stop() -> None:
    """Stop by the very signal, as the shell that waits for us shows it; goes on with SIGCONT."""
    signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
