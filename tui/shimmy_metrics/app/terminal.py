"""The terminal's own ways: hang-up, the visible cursor, colours left out. POSIX where it has to be."""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

SHOW_CURSOR: Final = "\x1b[?25h"
"""Screen readers follow the cursor; Textual hides it."""

GONE_SECONDS: Final = 0.6
"""How long an orderly end may take after the terminal went away; then the process ends at once."""

HANG_UP: Final = 1
"""The number of SIGHUP, which not every system has."""


class OwnColours(LineFilter):
    """Leaves out every colour that is the terminal's own anyway, and with `none` every colour."""

    def __init__(self, *, none: bool) -> None:
        super().__init__()
        self._none = none
        self._known: dict[Style, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without those colours."""
        return [Segment(text, style and self._without(style), control) for text, style, control in segments]

    def _without(self, style: Style) -> Style:
        known = self._known.get(style)
        if known is None:
            color = None if self._none or style.color is None or style.color.is_default else style.color
            known = Style(
                color=color,
                bold=style.bold,
                reverse=style.reverse,
                underline=style.underline,
                meta=style.meta or None,
            )
            self._known[style] = known
        return known


if sys.platform == "win32":

    def on_hang_up(then: Callable[[int], object]) -> Callable[[], None]:
        """Do nothing: a console window that is closed ends its programs there."""
        return lambda: None
else:

    def on_hang_up(then: Callable[[int], object]) -> Callable[[], None]:
        """Call `then` with the signal on SIGHUP and SIGTERM, and from a thread when the terminal goes without one.

        Return what ends all that. Only in the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            return lambda: None
        before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
        for number in before:
            signal.signal(number, lambda got, _: then(got))
        unwatch = _watched(lambda: then(HANG_UP))

        def restore() -> None:
            unwatch()
            for number, handler in before.items():
                with contextlib.suppress(TypeError, ValueError):
                    signal.signal(number, handler)

        return restore

    def _watched(then: Callable[[], object]) -> Callable[[], None]:
        """Call `then` when the terminal hung up; return what ends the watch.

        A process that ignores SIGHUP would otherwise spin on its end of file, or wait for ever to write. A thread sees
        it also where the loop stands still, and costs nothing meanwhile: it sleeps until the system wakes it.
        """
        if sys.__stdin__ is None or not sys.__stdin__.isatty():
            return lambda: None
        terminal = sys.__stdin__.fileno()
        ended, end = os.pipe()

        def watch() -> None:
            poll = select.poll()
            poll.register(terminal, 0)  # nothing is asked for; a hang-up is always told
            poll.register(ended, select.POLLIN)
            found = dict(poll.poll())
            os.close(ended)
            if found.get(terminal, 0) & (select.POLLHUP | select.POLLERR):
                then()

        threading.Thread(target=watch, daemon=True, name="terminal").start()
        return lambda: os.close(end)


def end_soon(signal_number: int) -> threading.Timer:
    """End the process after `GONE_SECONDS`, whatever still waits for a terminal that is not there any more.

    Everything that was decided or saved is on disk by then: actions write before they tell. Return what can be
    cancelled once the app has ended in order.
    """
    timer = threading.Timer(GONE_SECONDS, os._exit, (128 + signal_number,))
    timer.daemon = True
    timer.start()
    return timer
