"""What a screen says for a while: it never takes the place of an answer or a button, but is turned over like a page."""

from typing import NamedTuple, Self

from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line, wrapped


class NoticePage(NamedTuple):
    """The lines in view. `unread`: there are more below them."""

    lines: tuple[Line, ...] = ()
    unread: bool = False


class Notice(NamedTuple):
    """A text, of which the lines from `top` on are in view. Empty says nothing.

    `keys`: it goes with the next key, after so many; None for one that stays until the mark moves.
    """

    text: str = ""
    top: int = 0
    keys: int | None = None

    def after(self, keys: int) -> "Notice":
        """Return what is left of it after so many keys."""
        return self if self.keys in (None, keys) else Notice()

    def page(self, canvas: Canvas, room: int) -> NoticePage:
        """Return as many lines as there is room for, at least one; the last ones fill it."""
        lines = tuple(each for part in self.text.splitlines() for each in wrapped(part, canvas.width))
        room = max(room, 1)
        top = min(self.top, max(len(lines) - room, 0))
        return NoticePage(lines[top : top + room], top + room < len(lines))

    def turned(self, lines: int) -> Self:
        """Return the notice so many lines further on."""
        return self._replace(top=self.top + lines)
