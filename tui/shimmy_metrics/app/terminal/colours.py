"""The filter that leaves the terminal's own colours to the terminal, or drops every colour."""

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter


class ColourFilter(LineFilter):
    """Drops each colour that is the terminal's default anyway; with `drop_all`, every colour.

    With `on_light`, what has a colour is not bold: xterm, PuTTY and others show bold in the bright one of the same hue,
    and on white bright magenta has a contrast of 3:1 where magenta has 4.7:1.
    """

    def __init__(self, *, drop_all: bool, on_light: bool = False) -> None:
        super().__init__()
        self._drop_all = drop_all
        self.on_light = on_light
        self._filtered: dict[Style, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without those colours."""
        return [Segment(text, style and self._filter(style), control) for text, style, control in segments]

    def _filter(self, style: Style) -> Style:
        filtered = self._filtered.get(style)
        if filtered is None:
            color = None if self._drop_all or style.color is None or style.color.is_default else style.color
            filtered = Style(
                color=color,
                bold=style.bold and not (self.on_light and color is not None),
                reverse=style.reverse,
                underline=style.underline,
                meta=style.meta or None,
            )
            self._filtered[style] = filtered
        return filtered
