"""Every action by its name: Textual's command palette, in this program's words and look."""

from pathlib import PurePath
from typing import ClassVar

from textual.command import CommandPalette

from shimmy_metrics.app.styles import sheet


class Palette(CommandPalette):
    """Opens over any screen; Enter does what is marked."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [sheet("input"), sheet("palette")]

    def __init__(self) -> None:
        super().__init__(placeholder="An action, by its name", id="--command-palette")
