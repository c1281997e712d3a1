"""Every key, listed from the bindings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from shimmy_metrics.app.ui.layout import Canvas, Content, Row, headline
from shimmy_metrics.app.ui.text import BLANK, Cell, Line, Role, Span, at, line, muted, placed, wrapped
from shimmy_metrics.wording.receiver import UNREACHABLE, no_network

_AROUND: Final = 5
"""Rows besides the headline and the list: two for the title, a line below the headline, a rule, the buttons."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One action's keys, as they are called, and its description."""

    keys: str
    description: str


def help_view(canvas: Canvas, here: Sequence[KeyLine], everywhere: Sequence[KeyLine], notice: str) -> Content:
    """Return the keys of this screen and those of every screen, side by side where there is room."""
    head = headline(canvas, "Keys (nothing needs Ctrl, Alt, Esc or a mouse)")
    notes = [Row(each) for each in wrapped(notice, canvas.width, role=Role.MUTED)] if notice else []
    notes += [Row(BLANK), *map(Row, wrapped(UNREACHABLE, canvas.width, role=Role.MUTED))]
    left, right = _Column(3, here), _Column(0, everywhere)
    middle = min((canvas.right + 1) // 2 + 1, canvas.width - 1 - right.end)
    if left.end >= middle:
        lists = (("on this screen", here), ("everywhere", everywhere))
        rows = [
            Row(each)
            for name, keys in lists
            for each in (
                line(muted(f"  {name}")),
                *(_one(canvas, _Column(3, keys), index) for index in range(len(keys))),
            )
        ]
    else:
        right = replace(right, begin=middle)
        rows = [Row(placed(canvas.width, at(3, muted("on this screen")), at(middle, muted("everywhere"))))]
        for index in range(max(len(here), len(everywhere))):
            rows.append(Row(placed(canvas.width, *left.parts(index), *right.parts(index))))
    # What the notes say is looked for here: where they are not in view, it is said in short above the keys.
    in_view = len(rows) + len(notes) <= canvas.height - len(head) - _AROUND
    brief = wrapped(no_network(canvas.keys.of("page.last")), canvas.width, role=Role.MUTED)
    below = [BLANK] if in_view or canvas.low else brief
    return Content((*head, *below), (*rows, *notes))


@dataclass(frozen=True, slots=True)
class _Column:
    """Keys one below the other, from the column `begin`, and behind the longest of them what each does."""

    begin: int
    keys: Sequence[KeyLine]

    @property
    def text(self) -> int:
        """Where the sentences begin."""
        return self.begin + max(10, *(len(key.keys) for key in self.keys), 0) + 1

    @property
    def end(self) -> int:
        """Where the longest of them ends."""
        return self.text + max((len(key.description) for key in self.keys), default=0)

    def parts(self, index: int) -> tuple[Cell, ...]:
        """Return one line's cells, none below the last."""
        if index >= len(self.keys):
            return ()
        key = self.keys[index]
        return (at(self.begin, Span(key.keys, Role.ACCENT)), at(self.text, key.description))


def _one(canvas: Canvas, column: _Column, index: int) -> Line:
    return placed(canvas.width, *column.parts(index))
