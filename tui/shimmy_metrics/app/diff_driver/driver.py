"""The driver: Textual's own for this system, with a `ScreenBuffer` between it and the terminal.

    App(driver_class=diff_driver(os.environ.get("TERM", "")))

Bind a redraw key to `forget()`: the next frame is then written whole. The driver forgets by itself when the terminal
was resized, was suspended, or has another size than the app assumes.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from shimmy_metrics.app.diff_driver.screen_buffer import ScreenBuffer, without_wrap

if TYPE_CHECKING:
    from textual.driver import Driver

_ERASE_IN_COLOUR: Final = ("xterm", "linux", "alacritty", "kitty", "foot", "ghostty", "wezterm", "konsole", "rxvt")
"""Terminals whose terminfo entry has `bce`. Multiplexers depend on the terminal outside, so they are not listed."""

_SCROLLS: Final = (*_ERASE_IN_COLOUR, "screen", "tmux", "vt1", "vt2", "vt3", "vt4")
"""Terminals whose terminfo entry has `csr`, `ind` and `ri`: they can move the rows of a scrolling region."""

_RESETS: Final = ("vt1", "ansi")
"""Terminals that cannot turn attributes off singly, only all at once."""

RESIZE_SETTLE_SECONDS: Final = 0.05
"""How long after a resize everything is drawn again.

A terminal that had another size for a moment has lost cells, and the app may never have heard of that size.
"""


def screen_buffer_for(terminal: str) -> ScreenBuffer:
    """Return a buffer that uses what a terminal of this name (`TERM`) understands."""
    return ScreenBuffer(
        erases_in_colour=terminal.startswith(_ERASE_IN_COLOUR),
        resets=terminal.startswith(_RESETS),
        scrolls=terminal.startswith(_SCROLLS),
    )


if sys.platform == "win32":

    def diff_driver(terminal: str) -> "type[Driver] | None":
        """Return None: on Windows, Textual's own driver is used."""
        return None
else:

    def diff_driver(terminal: str) -> "type[Driver] | None":
        """Return the driver class for a terminal of this name (`TERM`)."""
        from textual.drivers.linux_driver import LinuxDriver
        from textual.events import Resize
        from textual.message import Message

        class DiffDriver(LinuxDriver):
            """Writes differences. `_app`, `_loop` and `_file` are the base class's; nothing public offers them."""

            def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the base class's own
                self._buffer = screen_buffer_for(terminal)
                # The thread that reads keys writes as well; so does a signal handler, even during another write.
                self._lock = threading.RLock()
                self._writing = False
                self._forget_next = False
                self._started_before = False
                super().__init__(*arguments, **options)

            def write(self, data: str) -> None:
                """Write what the terminal does not show yet."""
                with self._lock:
                    if self._writing:  # by a signal handler, in the middle of another write
                        self._forget_next = True
                        super().write(data)
                        return
                    self._writing = True
                    try:
                        changed = self._diff(data)
                        if changed:
                            super().write(changed)
                    finally:
                        self._writing = False

            def forget(self) -> None:
                """Have the next frame written whole. Safe to call from any thread and from a signal handler."""
                self._forget_next = True

            def start_application_mode(self) -> None:
                """Take the terminal over, at the start and after each suspension."""
                self.forget()
                super().start_application_mode()  # type: ignore[no-untyped-call]  # it has no annotations
                _add_resize_handler(self._redraw_soon)
                if self._started_before:
                    self._redraw_soon()
                self._started_before = True

            def process_message(self, message: Message) -> None:
                """Draw again after a resize that the terminal reports in its input instead of by a signal."""
                if isinstance(message, Resize):
                    self._redraw_soon()
                super().process_message(message)

            def _disable_line_wrap(self) -> None:
                """Leave it on: the buffer turns it off where needed, and a cut line must not."""

            def _diff(self, data: str) -> str:
                if self._forget_next:
                    self._forget_next = False
                    self._buffer.forget()
                size = self._app.size
                if self._terminal_size() not in {None, tuple(size)}:
                    # The frame was drawn for another size. The terminal gets it as it is, as it would without us.
                    self._buffer.forget()
                    return without_wrap(data)
                self._buffer.resize(*size)
                return self._buffer.translate(data)

            def _terminal_size(self) -> tuple[int, int] | None:
                try:
                    size = os.get_terminal_size(self._file.fileno()) if self._file else None
                except (OSError, ValueError):
                    return None
                return (size.columns, size.lines) if size else None

            def _redraw_soon(self) -> None:
                self.forget()
                app = self._app
                self._loop.call_soon_threadsafe(app.call_later, app.set_timer, RESIZE_SETTLE_SECONDS, app.refresh)

        return DiffDriver

    def _add_resize_handler(on_resize: Callable[[], object]) -> None:
        """Call `on_resize` when the terminal is resized, before the handler that is set already."""
        before = signal.getsignal(signal.SIGWINCH)

        def both(number: int, frame: Any) -> None:  # noqa: ANN401 - a frame of the interpreter
            on_resize()
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGWINCH, both)
