"""The page of keys, written from the bindings themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from shimmy_metrics.app.lines import BLANK, Cell, Line, Role, Span, at, line, muted, placed, wrapped
from shimmy_metrics.app.pages.canvas import Canvas, Page, Row, headline


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One action's keys, as they are called, and its sentence."""

    keys: str
    told: str


def help_page(canvas: Canvas, here: Sequence[KeyLine], everywhere: Sequence[KeyLine], notice: str) -> Page:
    """Return the keys of this screen and those of every screen, side by side where there is room."""
    head = (*headline(canvas, "Keys. Nothing needs Ctrl, Alt, Esc or a mouse."), BLANK)
    notes = [Row(each) for each in wrapped(notice, canvas.width, role=Role.MUTED)] if notice else []
    if canvas.width < 76:
        lists = (("on this screen", here), ("everywhere", everywhere))
        rows = [
            Row(each)
            for name, keys in lists
            for each in (line(muted(f"  {name}")), *(_one(canvas, 3, key) for key in keys))
        ]
        return Page(head, (*rows, *notes))
    middle = canvas.width // 2 + 1
    rows = [Row(placed(canvas.width, at(3, muted("on this screen")), at(middle, muted("everywhere"))))]
    for index in range(max(len(here), len(everywhere))):
        left = _parts(here, index, 3)
        right = _parts(everywhere, index, middle)
        rows.append(Row(placed(canvas.width, *left, *right)))
    return Page(head, (*rows, *notes))


def _parts(keys: Sequence[KeyLine], index: int, column: int) -> tuple[Cell, ...]:
    if index >= len(keys):
        return ()
    return (at(column, Span(keys[index].keys, Role.ACCENT)), at(column + 11, keys[index].told))


def _one(canvas: Canvas, column: int, key: KeyLine) -> Line:
    return placed(canvas.width, *_parts([key], 0, column))
