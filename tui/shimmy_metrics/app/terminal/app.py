"""The base class of the app: the driver and theme its terminal gets, the cursor, suspending and hanging up."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from rich.control import Control
from textual.app import App
from textual.command import CommandPalette
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.timer import Timer
from textual.widgets import Input

from shimmy_metrics.app.diff_driver.driver import diff_driver
from shimmy_metrics.app.styles import sheet
from shimmy_metrics.app.terminal.colours import ColourFilter
from shimmy_metrics.app.terminal.hang_up import HANG_UP, force_exit_soon, watch_hang_up
from shimmy_metrics.app.terminal.themes import PLAIN, THEMES, theme_for
from shimmy_metrics.system.environment import Environment

SHOW_CURSOR: Final = "\x1b[?25h"
"""Screen readers follow the cursor; Textual hides it."""
SWITCHED_SECONDS: Final = 0.005
"""Screens here are filled when they are mounted, so no half-made one has to be hidden for longer."""
SETTLES_SECONDS: Final = 0.05
"""After a frame of Textual's, which comes 60 times a second: what it moves costs no bytes of its own."""


class TerminalApp(App[None]):
    """An app that knows which terminal it is drawn on, and leaves in order when that goes away."""

    def __init__(self, environment: Environment, *, waited_for: bool) -> None:
        """`waited_for`: somebody goes on when the app has ended, so its process must not end with the terminal."""
        theme = theme_for(environment)
        plain = environment.get("SHIMMY_TUI_DRIVER") == "plain"
        # The theme is known before the base class chooses its colour filters: set later, an ansi theme comes out black
        # on black.
        super().__init__(
            driver_class=None if plain else diff_driver(environment.get("TERM")),
            css_path=[sheet("frame"), sheet("roles")],
            ansi_color=theme.ansi or None,
        )
        for each in THEMES:
            self.register_theme(each)
        self.set_reactive(App.theme, theme.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        self._colour_filter = ColourFilter(drop_all=theme is PLAIN)
        self._waited_for = waited_for
        self._settling: Timer | None = None
        self.exit_signal = 0
        """The signal that ended it, if one did."""
        self._cancel_forced_exit: Callable[[], object] = lambda: None
        self._restore: Callable[[], None] = lambda: None

    def attach_terminal(self) -> None:
        """Begin: show the cursor, and hear when the terminal goes away or comes back."""
        loop = asyncio.get_running_loop()
        # A plain handler would run, but the loop would sleep on until something else woke it.
        self._restore = watch_hang_up(lambda signal: self.hang_up(signal, loop))
        self._show_cursor()
        self.app_resume_signal.subscribe(self, lambda _: self.resumed())

    def on_ready(self) -> None:
        """Paint the first frame now: as shipped, what was laid out while the app started waits for a tick of 60 Hz."""
        self.screen._compositor_refresh()  # noqa: SLF001 - nothing public paints at once

    def detach_terminal(self) -> None:
        """Give back what `attach_terminal` took."""
        self._restore()

    def hang_up(self, signal: int, loop: asyncio.AbstractEventLoop) -> None:
        """End, from a signal's handler or from the thread that watches: the loop may stand still."""
        self.exit_signal = signal
        if signal != HANG_UP or not self._waited_for:
            self._cancel_forced_exit = force_exit_soon(signal).cancel
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(self.exit)

    def cancel_forced_exit(self) -> None:
        """Note that it ended in order: whoever goes on now is not cut off."""
        self._cancel_forced_exit()

    def delay_update(self, delay: float = SWITCHED_SECONDS) -> None:
        """Hold back what is drawn while a screen is switched; as shipped 50 ms, which a person waits for each time."""
        super().delay_update(min(delay, SWITCHED_SECONDS))

    def place_cursor(self, place: Offset) -> None:
        """Put the terminal's cursor there, with the frame that is drawn next or soon without one."""
        self.cursor_position = place
        self.settle_cursor()

    def settle_cursor(self) -> None:
        """See to it that the cursor stands where it belongs soon: Textual moves it with a frame only."""
        self.call_after_refresh(self._aim_cursor)

    def _aim_cursor(self) -> None:
        if isinstance(self.screen.focused, Input):
            self.cursor_position = self.screen.focused.cursor_screen_offset
        if self._settling is None:
            self._settling = self.set_timer(SETTLES_SECONDS, self._move_cursor)

    def _move_cursor(self) -> None:
        self._settling = None
        if self._driver is None or self.is_headless or not self.screen_stack:
            return
        place = self.screen.outer_size.clamp_offset(self.cursor_position)
        # Textual moves the cursor from where it believes it to be: that has to be true after this move, too.
        if place != self._previous_cursor_position:
            self._previous_cursor_position = place
            self._driver.write(str(Control.move_to(*place)))

    def on_command_palette_opened(self, _: CommandPalette.Opened) -> None:
        """Put the cursor into the palette's line."""
        self.settle_cursor()

    def forget(self) -> None:
        """Know nothing of what the terminal shows."""
        forget = getattr(self._driver, "forget", None)  # Textual's own drivers remember nothing
        if forget is not None:
            forget()

    def action_redraw(self) -> None:
        """Draw everything again, as after another program wrote over the screen."""
        self.forget()
        self.refresh(layout=True)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every drawn line passes: with few colours, none that is the terminal's own anyway."""
        return [self._colour_filter] if self.native_ansi_color else super().get_line_filters()

    def _show_cursor(self) -> None:
        if self._driver is not None:  # nothing public writes to the terminal between two frames
            self._driver.write(SHOW_CURSOR)

    def resumed(self) -> None:
        """Draw everything again: the shell wrote over it meanwhile."""
        self._show_cursor()
        self.action_redraw()
