"""Ending in order when the terminal goes away: signals, a terminal that vanishes without one, a last resort."""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

FORCED_EXIT_SECONDS: Final = 0.6
"""How long an orderly exit may take once the terminal is gone; then the process ends at once."""

HANG_UP: Final = 1
"""The number of SIGHUP, which Windows lacks."""


if sys.platform == "win32":
    TERMINATIONS: Final = (signal.SIGTERM,)

    def watch_hang_up(on_hang_up: Callable[[int], object]) -> Callable[[], None]:
        """Do nothing: Windows ends the programs of a console window that is closed."""
        return lambda: None
else:
    TERMINATIONS: Final = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)
    """The signals that ask for the end. In the app's raw mode no key sends one."""

    def watch_hang_up(on_hang_up: Callable[[int], object]) -> Callable[[], None]:
        """Call `on_hang_up` with the number of a signal that asks for the end, and when the terminal vanishes.

        The latter call comes from a thread, with `HANG_UP`. Return a function that stops watching and restores the
        signals' handlers. Outside the main thread nothing is watched: only there can handlers be set.
        """
        if threading.current_thread() is not threading.main_thread():
            return lambda: None
        before = {number: signal.getsignal(number) for number in (signal.SIGHUP, *TERMINATIONS)}
        for number in before:
            signal.signal(number, lambda received, _: on_hang_up(received))
        stop_watching = _watch_terminal(lambda: on_hang_up(HANG_UP))

        def restore() -> None:
            stop_watching()
            for number, handler in before.items():
                with contextlib.suppress(TypeError, ValueError):
                    signal.signal(number, handler)

        return restore

    def _watch_terminal(on_gone: Callable[[], object]) -> Callable[[], None]:
        """Call `on_gone` from a thread when the terminal hangs up; return a function that stops watching.

        A process that ignores SIGHUP would otherwise spin on end of file, or block for ever in a write. A thread
        notices even while the event loop is blocked, and costs nothing: it sleeps in `poll` until the system wakes it.
        """
        if sys.__stdin__ is None or not sys.__stdin__.isatty():
            return lambda: None
        terminal = sys.__stdin__.fileno()
        stop_reader, stop_writer = os.pipe()

        def watch() -> None:
            poll = select.poll()
            poll.register(terminal, 0)  # no event requested; POLLHUP and POLLERR are always reported
            poll.register(stop_reader, select.POLLIN)
            events = dict(poll.poll())
            os.close(stop_reader)
            if events.get(terminal, 0) & (select.POLLHUP | select.POLLERR):
                on_gone()

        threading.Thread(target=watch, daemon=True, name="terminal").start()
        return lambda: os.close(stop_writer)


def force_exit_soon(signal_number: int) -> threading.Timer:
    """End the process after `FORCED_EXIT_SECONDS`, even if a thread is stuck on the vanished terminal.

    Nothing decided or saved is lost: actions write to disk before they report. Return the timer; cancel it once the
    app has ended in order.
    """
    timer = threading.Timer(FORCED_EXIT_SECONDS, os._exit, (128 + signal_number,))
    timer.daemon = True
    timer.start()
    return timer
