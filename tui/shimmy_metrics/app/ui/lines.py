"""The widget that draws lines of text with roles."""

from typing import Final, Self

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.text import Line, Role, length, shown

PREFIX = "role--"
"""The screen alone has the component classes: on each widget they would make the first paint a third slower."""

COMPONENTS = frozenset(f"{PREFIX}{role.value}" for role in Role)

WHEEL_LINES: Final = 3
"""What a notch of the mouse's wheel moves the mark by."""


class Lines(Widget):
    """Lines, one a row."""

    # `id` is what Textual's widgets call it.
    def __init__(self, glyphs: Glyphs, lines: tuple[Line, ...] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._glyphs = glyphs
        self._lines = lines
        self._ground = Style.null()
        self._role_styles: dict[Role, Style] = {}

    # `id`, as above.
    @classmethod
    def of_height(cls, glyphs: Glyphs, lines: tuple[Line, ...], *, id: str) -> Self:  # noqa: A002
        """Return a widget that has a row for each line from its first layout on."""
        made = cls(glyphs, lines, id=id)
        made.styles.height = len(lines)
        return made

    def show_all(self, lines: tuple[Line, ...]) -> None:
        """Show these lines in as many rows."""
        height = self.styles.height
        if height is None or height.value != len(lines):
            self.styles.height = len(lines)
        self.show(lines)

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these lines from now on. The app's clock shows them each second, so only rows that changed are drawn."""
        before, self._lines = self._lines, lines
        if len(lines) != len(before):
            self.refresh(layout=self.styles.is_auto_height)
            return
        width = self.size.width
        changed = [Region(0, y, width, 1) for y, (old, new) in enumerate(zip(before, lines, strict=True)) if old != new]
        if changed:
            self.refresh(*changed)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    async def on_mouse_scroll_down(self) -> None:
        """Move the screen's mark on; the page follows it."""
        await self.run_action(f"screen.step({WHEEL_LINES})")

    async def on_mouse_scroll_up(self) -> None:
        """Move the screen's mark back."""
        await self.run_action(f"screen.step(-{WHEEL_LINES})")

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the longest line's width."""
        return max((length(each) for each in self._lines), default=0)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return a row for each line."""
        return len(self._lines)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of a frame. Styles are looked up once for all of them: that takes longer than the rows."""
        self._ground, self._role_styles = self.rich_style, {}
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one row, filled with the background to its end."""
        segments = [
            Segment(shown(span.text, self._glyphs), self._style(span.role) + _link(span.action)) for span in self.row(y)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self._ground).simplify()

    def row(self, y: int) -> Line:
        """Return the line of one row as it is drawn."""
        return self._lines[y] if y < len(self._lines) else ()

    def _style(self, role: Role) -> Style:
        style = self._role_styles.get(role)
        if style is None:
            name = f"{PREFIX}{role.value}"
            style = self._ground + self.screen.get_component_rich_style(name, partial=True, default=Style.null())
            self._role_styles[role] = style
        return style


def _link(action: str) -> Style:
    return Style.from_meta({"@click": action}) if action else Style.null()
