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

GONE_SECONDS: Final = 0.8
"""How long an orderly end may take after the terminal went away; then the process ends at once."""


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

    def terminal_gone() -> bool:
        """Say no: a console window that is closed ends its programs there."""
        return False

    def on_hang_up(then: Callable[[], object]) -> Callable[[], None]:
        """Do nothing: there is no SIGHUP."""
        return lambda: None
else:

    def terminal_gone() -> bool:
        """Whether the terminal hung up. A process that ignores SIGHUP would otherwise spin on its end of file."""
        try:
            poll = select.poll()
            poll.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)
            return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
        except (OSError, ValueError):
            return False

    def on_hang_up(then: Callable[[], object]) -> Callable[[], None]:
        """Call `then` on SIGHUP and SIGTERM; return what restores the handlers. Only in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return lambda: None
        before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
        for number in before:
            signal.signal(number, lambda *_: then())

        def restore() -> None:
            for number, handler in before.items():
                with contextlib.suppress(TypeError, ValueError):
                    signal.signal(number, handler)

        return restore


def end_soon() -> None:
    """End the process after `GONE_SECONDS`, whatever still waits for a terminal that is not there any more.

    Everything that was decided or saved is on disk by then: actions write before they tell.
    """
    timer = threading.Timer(GONE_SECONDS, os._exit, (128 + 1,))
    timer.daemon = True
    timer.start()
