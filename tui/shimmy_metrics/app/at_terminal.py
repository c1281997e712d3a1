"""The app and its terminal: the visible cursor, colours that are the terminal's own, what it shows, its end."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from textual.app import App
from textual.filter import LineFilter
from textual.geometry import Offset

from shimmy_metrics.app.difference.driver import difference_driver
from shimmy_metrics.app.styles import sheets
from shimmy_metrics.app.terminal import SHOW_CURSOR, OwnColours, end_soon, on_hang_up, terminal_gone
from shimmy_metrics.app.themes import PLAIN, THEMES, theme_for
from shimmy_metrics.system.environment import Environment

SWITCHED_SECONDS: Final = 0.005
"""Screens here are filled when they are mounted, so no half-made one has to be hidden for longer."""


class AtTerminal(App[None]):
    """An app that knows which terminal it is drawn on, and leaves in order when that goes away."""

    def __init__(self, environment: Environment, *, waited_for: bool) -> None:
        """`waited_for`: somebody goes on when the app has ended, so its process must not end with the terminal."""
        theme = theme_for(environment)
        plain = environment.get("SHIMMY_TUI_DRIVER") == "plain"
        # The theme is known before the base class chooses its colour filters: set later, an ansi theme comes out black
        # on black.
        super().__init__(
            driver_class=None if plain else difference_driver(environment.get("TERM")),
            css_path=[str(sheet) for sheet in sheets()],
            ansi_color=theme.ansi or None,
        )
        for each in THEMES:
            self.register_theme(each)
        self.set_reactive(App.theme, theme.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        self._colours = OwnColours(none=theme is PLAIN)
        self._waited_for = waited_for
        self._restore: Callable[[], None] = lambda: None

    def sit_down(self) -> None:
        """Begin: show the cursor, and hear when the terminal goes away or comes back."""
        loop = asyncio.get_running_loop()
        # A plain handler would run, but the loop would sleep on until something else woke it.
        self._restore = on_hang_up(lambda: loop.call_soon_threadsafe(self.hung_up))
        self._show_cursor()
        self.app_resume_signal.subscribe(self, lambda _: self._came_back())

    def stand_up(self) -> None:
        """Give back what `sit_down` took."""
        self._restore()

    def still_there(self) -> bool:
        """Whether the terminal is; where it is not, the app ends."""
        gone = not self.is_headless and terminal_gone()
        if gone:
            self.hung_up()
        return not gone

    def hung_up(self) -> None:
        """End: nobody sees it any more."""
        if not self._waited_for:
            end_soon()
        self.exit()

    def delay_update(self, delay: float = SWITCHED_SECONDS) -> None:
        """Hold back what is drawn while a screen is switched; as shipped 50 ms, which a person waits for each time."""
        super().delay_update(min(delay, SWITCHED_SECONDS))

    def place_cursor(self, place: Offset) -> None:
        """Put the terminal's cursor there with the next thing that is drawn."""
        self.cursor_position = place

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
        return [self._colours] if self.native_ansi_color else super().get_line_filters()

    def _show_cursor(self) -> None:
        if self._driver is not None:
            self._driver.write(SHOW_CURSOR)

    def _came_back(self) -> None:
        """Draw everything again: the shell wrote over it meanwhile."""
        self._show_cursor()
        self.action_redraw()
