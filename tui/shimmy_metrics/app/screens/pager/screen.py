"""Lines to read and nothing else: what an export holds, what a validation found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.layout import Canvas, Content, Row, headline
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import BLANK, line, muted, to


@dataclass(frozen=True, slots=True)
class PagerText:
    """A text: its title, its first sentence with a note beside it, and its lines, of any length."""

    title: str
    sentence: str
    note: str
    lines: Sequence[str]


class PagerScreen(BaseScreen):
    """Shows a text."""

    def __init__(self, host: Host, text: PagerText) -> None:
        super().__init__(host)
        self.title = text.title
        self._text = text
        self._shown: tuple[Row, ...] = ()
        self._width = 0

    def content(self, canvas: Canvas) -> Content:
        """Return the text; a large one is cut into rows once for each width."""
        if canvas.width != self._width:
            self._width = canvas.width
            room = max(canvas.width - 2, 1)
            self._shown = tuple(Row(line(piece)) for text in self._text.lines for piece in _pieces(text, room))
        note = to(canvas.right, muted(self._text.note), note=True)
        return Content((*headline(canvas, self._text.sentence, note), BLANK), self._shown)


def _pieces(text: str, room: int) -> Iterator[str]:
    """Yield the text in pieces of `room` characters. They are bytes to be compared, so no word is moved."""
    for begin in range(0, max(len(text), 1), room):
        yield text[begin : begin + room]
