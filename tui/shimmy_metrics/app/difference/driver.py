"""The driver: Textual's own for this system, with the grid between it and the terminal."""

import sys
from typing import TYPE_CHECKING, Final

from shimmy_metrics.app.difference.grid import Grid

if TYPE_CHECKING:
    from textual.driver import Driver

_ERASE_IN_COLOUR: Final = ("xterm", "linux", "alacritty", "kitty", "foot", "ghostty", "wezterm", "konsole", "rxvt")
"""Terminals whose terminfo entry has `bce`. Multiplexers answer for the terminal outside: they are not among them."""


if sys.platform == "win32":

    def difference_driver(terminal: str) -> "type[Driver] | None":
        """Return None: Textual's own driver has to serve there."""
        return None
else:

    def difference_driver(terminal: str) -> "type[Driver] | None":
        """Return the driver for the terminal of this name (`TERM`)."""
        from textual.drivers.linux_driver import LinuxDriver

        class DifferenceDriver(LinuxDriver):
            """Writes differences."""

            def write(self, data: str) -> None:
                """Write what the terminal does not show yet."""
                grid = self._known()
                grid.resize(*self._app.size)
                changed = grid.translate(data)
                if changed:
                    super().write(changed)

            def forget(self) -> None:
                """Write the next frame whole."""
                self._known().forget()

            def _known(self) -> Grid:
                # Made at the first write: the base class may write before its constructor is done.
                if not hasattr(self, "_grid"):
                    self._grid = Grid(erases_in_colour=terminal.startswith(_ERASE_IN_COLOUR))
                return self._grid

        return DifferenceDriver
