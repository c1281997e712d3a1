"""The base class of the app: what its terminal needs. The driver and theme, the cursor, suspending and hanging up."""

import asyncio
import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.control import Control
from textual import events
from textual.app import App
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.timer import Timer, TimerCallback
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import WorkerFailed

from shimmy_metrics.app.diff_driver.driver import diff_driver
from shimmy_metrics.app.styles import sheet
from shimmy_metrics.app.terminal.background import BackgroundReported
from shimmy_metrics.app.terminal.colours import ColourFilter
from shimmy_metrics.app.terminal.glyphs import encoding_for
from shimmy_metrics.app.terminal.hang_up import HANG_UP, force_exit_soon, watch_hang_up
from shimmy_metrics.app.terminal.themes import DARK, GROUNDS, LIGHT, PLAIN, says_light, theme_for, themes_for
from shimmy_metrics.system.environment import Environment

SHOW_CURSOR: Final = "\x1b[?25h"
"""Screen readers follow the cursor; Textual hides it."""

PERSONS_EVENTS: Final = (events.Key, events.Paste, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)
"""What comes from a person; a pointer that only moves may have been pushed."""

SCREEN_SWITCH_SECONDS: Final = 0.005
"""Our screens have their content when they are mounted, so no incomplete frame has to be hidden for longer."""

CURSOR_DELAY_SECONDS: Final = 0.05
"""Three of Textual's frames, which come 60 times a second: a frame moves the cursor at no cost in bytes."""


def _driver(environment: Environment, *, asks_background: bool) -> type[Driver] | None:
    """Return the driver class for the terminal; None for Textual's own."""
    if sys.platform == "win32":
        return None
    from shimmy_metrics.app.terminal.driver import TerminalDriver

    bases: tuple[type[Driver], ...] = (TerminalDriver,)
    if environment.get("SHIMMY_TUI_DRIVER") != "plain":
        diff = diff_driver(environment.get("TERM"))
        bases += (diff,) if diff is not None else ()
    return type("Driver", bases, {"asks_background": asks_background})


@contextlib.contextmanager
def _written_as(encoding: str) -> Iterator[None]:
    """Write to standard error in an encoding; a character that it lacks is written as one `?`, of the same width."""
    stream = sys.__stderr__
    if not isinstance(stream, io.TextIOWrapper):
        yield
        return
    before, errors = stream.encoding, stream.errors
    stream.reconfigure(encoding=encoding, errors="replace")
    try:
        yield
    finally:
        stream.reconfigure(encoding=before, errors=errors)


class TerminalApp(App[None]):
    """An app that adapts to its terminal and ends in order when the terminal goes away."""

    def __init__(self, environment: Environment, *, theme: object, outlived: bool) -> None:
        """Set the app up for the terminal that `environment` describes, in the config's `theme` if it can be shown.

        `outlived`: the process goes on after the app, so a hang-up must not force it to exit.
        """
        shown = theme_for(environment, theme)
        decided = theme in ("light", "dark")
        asks_background = not decided and shown is not PLAIN
        self._theme_set = False
        # App.__init__ picks the colour filters. An ansi theme that is set later comes out black on black.
        super().__init__(
            driver_class=_driver(environment, asks_background=asks_background),
            css_path=[sheet("frame"), sheet("roles")],
            ansi_color=shown.ansi or None,
        )
        self.shown_themes = themes_for(environment)
        for each in self.shown_themes:
            self.register_theme(each)
        self._theme_set = True
        self.set_reactive(App.theme, shown.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        self.exit_signal = 0
        """The signal that ended the app; 0 if none did."""
        self.error: Exception | None = None
        """The error that ended the app, to be reported once the terminal is itself again."""
        self.error_console.quiet = True  # where Textual would print it with every local variable
        on_light = theme == "light" if decided else says_light(environment)
        self._colour_filter = ColourFilter(drop_all=shown is PLAIN, on_light=on_light)
        self._encoding = encoding_for(environment)
        self._outlived = outlived
        self._cursor_timer: Timer | None = None
        self._cancel_forced_exit: Callable[[], object] = lambda: None
        self._stop_watching: Callable[[], None] = lambda: None

    # --- begin and end ------------------------------------------------------------------------------------------

    def run_in_terminal(self, *, mouse: bool) -> None:
        """Run the app. What it writes, to standard error, is in the terminal's encoding meanwhile."""
        with _written_as(self._encoding):
            self.run(mouse=mouse)

    def attach_terminal(self) -> None:
        """Show the cursor, and watch for a hang-up and for the resumption after a suspension."""
        loop = asyncio.get_running_loop()
        self._stop_watching = watch_hang_up(lambda signal: self._hang_up(signal, loop))
        self._show_cursor()
        self.app_resume_signal.subscribe(self, lambda _: self.resumed())

    def detach_terminal(self) -> None:
        """Stop watching, and restore the signals' handlers."""
        self._stop_watching()

    def _hang_up(self, signal: int, loop: asyncio.AbstractEventLoop) -> None:
        """Exit. Called from a signal's handler, or from the watching thread while the loop may be blocked."""
        self.exit_signal = signal
        if signal != HANG_UP or not self._outlived:
            self._cancel_forced_exit = force_exit_soon(signal).cancel
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(self.exit)  # a plain call would not wake a loop that sleeps

    def _handle_exception(self, error: Exception) -> None:
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(cause, NoMatches) and not self.is_running:
            return  # the app ends, and its widgets went before what still looked for one: a search in the palette
        self.error = self.error or error
        super()._handle_exception(error)

    def cancel_forced_exit(self) -> None:
        """Let the process go on: the app has ended in order."""
        self._cancel_forced_exit()

    def resumed(self) -> None:
        """Draw everything again after a suspension: the shell has written over the screen."""
        self._show_cursor()
        self.action_redraw()

    # --- drawing ------------------------------------------------------------------------------------------------

    def on_ready(self) -> None:
        """Paint the first frame at once; Textual alone would wait for the next 60 Hz tick."""
        self.screen._compositor_refresh()  # noqa: SLF001 - nothing public paints at once

    def delay_update(self, delay: float = SCREEN_SWITCH_SECONDS) -> None:
        """Hold drawing back while screens are switched, for at most 5 ms; Textual's 50 ms delay every switch."""
        super().delay_update(min(delay, SCREEN_SWITCH_SECONDS))

    def set_timer(
        self, delay: float, callback: TimerCallback | None = None, *, name: str | None = None, pause: bool = False
    ) -> Timer:
        """Call back after `delay` seconds, also where the process was held up for longer than that as the timer began.

        Textual skips that one call then, its only one: nothing would be drawn again after a switch of screens.
        """
        timer = super().set_timer(delay, callback, name=name, pause=pause)
        timer._skip = False  # noqa: SLF001 - nothing public says it of a timer that fires once
        return timer

    def action_redraw(self) -> None:
        """Draw everything again, as after another program has written over the screen."""
        forget = getattr(self._driver, "forget", None)  # Textual's own drivers have nothing to forget
        if forget is not None:
            forget()
        self.refresh(layout=True)

    def on_background_reported(self, message: BackgroundReported) -> None:
        """Suit the terminal's background, as it has just told it."""
        self._suit(light=message.light)

    def switch_background(self) -> bool:
        """Switch between light and dark until the app ends; return False where no colours are used."""
        if self.theme == PLAIN.name:
            return False
        self._suit(light=not (self.theme == LIGHT.name if self._paints_ground() else self._colour_filter.on_light))
        return True

    def _paints_ground(self) -> bool:
        return self.theme in {each.name for each in GROUNDS}

    def _suit(self, *, light: bool) -> None:
        """Take the theme for a background; with the terminal's own colours, the weights for it."""
        changed = light != self._colour_filter.on_light
        if changed:
            self._colour_filter = ColourFilter(drop_all=self.theme == PLAIN.name, on_light=light)
        if self._paints_ground():
            self.theme = (LIGHT if light else DARK).name
        elif changed:
            for node in self._registry:  # widgets of other screens have kept their lines as well
                if isinstance(node, Widget):
                    node.refresh()

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables; none before it is set, since those of Textual's own theme would be unused."""
        return super().get_css_variables() if self._theme_set else {}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters of each drawn line; with the terminal's own 16 colours, or none, it is ours alone."""
        return [self._colour_filter] if self.native_ansi_color else super().get_line_filters()

    # --- the cursor ---------------------------------------------------------------------------------------------

    def place_cursor(self, place: Offset) -> None:
        """Move the terminal's cursor there: with the next frame, or without one if none comes soon."""
        self.cursor_position = place
        if place != self._previous_cursor_position:
            self.settle_cursor()

    def settle_cursor(self) -> None:
        """Move the cursor soon to where it belongs; Textual moves it with a frame only."""
        self.call_after_refresh(self._aim_cursor)

    def on_command_palette_opened(self, _: CommandPalette.Opened) -> None:
        """Put the cursor into the palette's input."""
        self.settle_cursor()

    def _aim_cursor(self) -> None:
        if isinstance(self.screen.focused, Input):
            self.cursor_position = self.screen.focused.cursor_screen_offset
        if self._cursor_timer is None:
            self._cursor_timer = self.set_timer(CURSOR_DELAY_SECONDS, self._move_cursor)

    def _move_cursor(self) -> None:
        self._cursor_timer = None
        if self._driver is None or self.is_headless or not self.screen_stack:
            return
        place = self.screen.outer_size.clamp_offset(self.cursor_position)
        # Textual's next frame moves the cursor relative to this position, so it has to know of our move.
        if place != self._previous_cursor_position:
            self._previous_cursor_position = place
            self._driver.write(str(Control.move_to(*place)))

    def _show_cursor(self) -> None:
        if self._driver is not None:  # nothing public writes to the terminal between two frames
            self._driver.write(SHOW_CURSOR)
