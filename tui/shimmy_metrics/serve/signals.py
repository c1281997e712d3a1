r"""Signals that a person or a supervisor sends to us are meant for the server (Linux).

They are blocked before there is a second thread; one thread waits for them and learns from the kernel who sent each.
What the terminal sends (Ctrl-C, Ctrl-Z, Ctrl-\, hang-up) comes from the kernel and reaches the server too, which is in
the same process group. It is not passed on: to a server a second one could mean "at once". What a process sends
(`kill`, a supervisor) reaches us alone and is passed on. So a `kill` of the whole group arrives twice; Shimmy handles
none of these signals, so the first one ends it.
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
"""siginfo's `si_code` for what the kernel itself sends, including a terminal's keys (sigaction(2))."""


def block() -> list[signal.Signals]:
    """Block the signals that will be passed on, and return them. Ignored ones (nohup) stay ignored."""
    ours = [number for number in _PASSED_ON if signal.getsignal(number) is not signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_BLOCK, ours)
    return ours


def unblock(blocked: list[signal.Signals]) -> None:
    """Undo `block`: this process becomes the server after all."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)


def pass_on(child: Child, blocked: list[signal.Signals]) -> None:
    """Pass the signals on to the child until this process ends."""
    threading.Thread(target=_forward, args=(child, blocked), daemon=True, name="signals").start()


def _forward(child: Child, blocked: list[signal.Signals]) -> None:
    while True:
        info = signal.sigwaitinfo(blocked)
        number = signal.Signals(info.si_signo)
        if info.si_code != _SI_KERNEL or not _whole_group(number):
            child.send(number)
        if number is signal.SIGTSTP:
            _stop()


def _whole_group(number: signal.Signals) -> bool:
    """Whether the kernel sends this to the server as well: a hang-up goes to the session's leader alone."""
    return number is not signal.SIGHUP or os.getsid(0) != os.getpid()


def _stop() -> None:
    """Stop by the signal itself, so that the waiting shell shows it; SIGCONT continues."""
    signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
