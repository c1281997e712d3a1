"""The driver: Textual's own for this system, with the grid between it and the terminal.

    App(driver_class=diff_driver(os.environ.get("TERM", "")))

`forget()` is for a redraw key: the next frame is written whole. The driver itself forgets where it must: when the
terminal was resized, suspended, or has another size than the app thinks.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from shimmy_metrics.app.diff_driver.screen_buffer import ScreenBuffer

if TYPE_CHECKING:
    from textual.driver import Driver

_ERASE_IN_COLOUR: Final = ("xterm", "linux", "alacritty", "kitty", "foot", "ghostty", "wezterm", "konsole", "rxvt")
"""Terminals whose terminfo entry has `bce`. Multiplexers answer for the terminal outside: they are not among them."""

_SCROLLS: Final = (*_ERASE_IN_COLOUR, "screen", "tmux", "vt1", "vt2", "vt3", "vt4")
"""Terminals whose terminfo entry has `csr`, `ind` and `ri`: they move the rows of a scrolling region."""

_RESET_ONLY: Final = ("vt1", "ansi")
"""Terminals that turn attributes off all at once or not at all."""

SETTLED_SECONDS: Final = 0.05
"""After a resize all is drawn again: a terminal that had another size for a moment only has lost cells, and the app
has heard of none."""


def screen_buffer_for(terminal: str) -> ScreenBuffer:
    """Return a grid that says what a terminal of this name understands."""
    return ScreenBuffer(
        erases_in_colour=terminal.startswith(_ERASE_IN_COLOUR),
        resets=terminal.startswith(_RESET_ONLY),
        scrolls=terminal.startswith(_SCROLLS),
    )


if sys.platform == "win32":

    def diff_driver(terminal: str) -> "type[Driver] | None":
        """Return None: Textual's own driver has to serve there."""
        return None
else:

    def diff_driver(terminal: str) -> "type[Driver] | None":
        """Return the driver for the terminal of this name (`TERM`)."""
        from textual.drivers.linux_driver import LinuxDriver
        from textual.events import Resize
        from textual.message import Message

        class DiffDriver(LinuxDriver):
            """Writes differences. `_app`, `_loop` and `_file` are the base class's: it has no public names for them."""

            def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the base class's own
                self._grid = screen_buffer_for(terminal)
                # The thread that reads keys writes, too; so does a signal's handler, in the midst of another write.
                self._lock = threading.RLock()
                self._writing = False
                self._unsure = False
                self._was_open = False
                super().__init__(*arguments, **options)

            def write(self, data: str) -> None:
                """Write what the terminal does not show yet."""
                with self._lock:
                    if self._writing:
                        self._unsure = True
                        super().write(data)
                        return
                    self._writing = True
                    try:
                        changed = self._differences(data)
                        if changed:
                            super().write(changed)
                    finally:
                        self._writing = False

            def forget(self) -> None:
                """Write the next frame whole. Any thread may say so, and a signal's handler."""
                self._unsure = True

            def start_application_mode(self) -> None:
                """Begin, or go on after the program was suspended."""
                self.forget()
                super().start_application_mode()  # type: ignore[no-untyped-call]
                _also_on_resize(self._draw_again)
                if self._was_open:
                    self._draw_again()
                self._was_open = True

            def process_message(self, message: Message) -> None:
                """Hear a terminal that tells its new size among the keys."""
                if isinstance(message, Resize):
                    self._draw_again()
                super().process_message(message)

            def _differences(self, data: str) -> str:
                if self._unsure:
                    self._unsure = False
                    self._grid.forget()
                size = self._app.size
                if self._real_size() not in {None, tuple(size)}:
                    # The frame is for another terminal than this one: it does with it what it would have done.
                    self._grid.forget()
                    return data
                self._grid.resize(*size)
                return self._grid.translate(data)

            def _real_size(self) -> tuple[int, int] | None:
                try:
                    size = os.get_terminal_size(self._file.fileno()) if self._file else None
                except (OSError, ValueError):
                    return None
                return (size.columns, size.lines) if size else None

            def _draw_again(self) -> None:
                self.forget()
                app = self._app
                self._loop.call_soon_threadsafe(app.call_later, app.set_timer, SETTLED_SECONDS, app.refresh)

        return DiffDriver

    def _also_on_resize(heard: Callable[[], object]) -> None:
        """Call `heard`, too, when the terminal is resized."""
        before = signal.getsignal(signal.SIGWINCH)

        def both(number: int, frame: Any) -> None:  # noqa: ANN401 - a frame of the interpreter
            heard()
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGWINCH, both)
