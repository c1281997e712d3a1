"""The person's own figures: the total, the last seven days, then each day, week or month, the newest first. Pure."""

from datetime import date
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.usage import Period
from shimmy_metrics.app.ui.layout import READING, Canvas, Content, Row, headline, paragraphs
from shimmy_metrics.app.ui.text import BLANK, Cell, Line, Role, Span, at, muted, placed, strong, to
from shimmy_metrics.counters import DaySums
from shimmy_metrics.wording.usage import (
    AS_TOLD,
    HEADS,
    KEPT_HERE,
    LAST_DAYS,
    NOT_READ,
    WEEK_DAYS,
    columns,
    nothing,
    usage_in_all,
)

_NAMES: Final = {Period.DAY: "By day", Period.WEEK: "By week", Period.MONTH: "By month"}

_WIDE: Final = (28, 37, 49, 61, 74)
_NARROW: Final = (20, 20, 30, 39, 39)
"""The columns before which the figures end; errors and the tokens' sum have no room where it is narrow."""


def usage_view(canvas: Canvas, overview: Overview | None, period: Period) -> Content:
    """Return the sums by this period, or why there are none."""
    if overview is None:
        return Content((placed(canvas.width, at(1, muted(READING))),), ())
    usage = overview.usage
    if not usage.days:
        if overview.store_unusable:  # then a no deletes none of them
            return Content((*headline(canvas, NOT_READ), BLANK), ())
        why = nothing(usage, canvas.keys.of("app.consent"))
        return Content((*headline(canvas, why), BLANK), paragraphs(canvas, KEPT_HERE) if usage.measures else ())
    heads = _figures(canvas, tuple(muted(name) for name in HEADS))
    head = (*headline(canvas, usage_in_all(usage)), _periods(canvas, period), placed(canvas.width, *heads))
    rows = [_row(canvas, _begin(canvas, begins, period), sums) for begins, sums in reversed(usage.by(period))]
    today = canvas.now.astimezone(canvas.zone).date()
    last_days = _row(canvas, LAST_DAYS, usage.of_last(WEEK_DAYS, today).total)
    return Content(head, (last_days, *rows, Row(BLANK), *paragraphs(canvas, AS_TOLD, KEPT_HERE)))


def _periods(canvas: Canvas, shown: Period) -> Line:
    """Return the periods, the one that is shown with its sign, and the keys that change it."""
    cells: list[Cell] = []
    column = 1
    for period, name in _NAMES.items():
        opened = period is shown
        sign = Span(f"{canvas.glyphs.current_view} " if opened else "  ", Role.ACCENT)
        role = Role.MARKED if opened else Role.MUTED
        cells.append(at(column, sign, Span(name, role, f"screen.period('{period}')")))
        column += len(name) + 4
    keys = canvas.keys.either("report.lens-before", "report.lens-beside")
    return placed(canvas.width, *cells, to(canvas.right, Span(keys, Role.ACCENT), note=True))


def _row(canvas: Canvas, begin: str, sums: DaySums) -> Row:
    figures = tuple(strong(figure) for figure in columns(sums))
    return Row(placed(canvas.width, at(3, begin), *_figures(canvas, figures)))


def _figures(canvas: Canvas, spans: tuple[Span, ...]) -> list[Cell]:
    ends = _NARROW if canvas.narrow else _WIDE
    cells = [to(end, span) for end, span in zip(ends, spans, strict=True)]
    return [cells[0], *cells[2:4]] if canvas.narrow else cells


def _begin(canvas: Canvas, begins: date, period: Period) -> str:
    """Return a period as its first day, or as its month."""
    if period is Period.MONTH:
        return f"{begins:%b %Y}"
    name = f"{begins.day} {begins:%b %Y}"
    return f"from {name}" if period is Period.WEEK and not canvas.narrow else name
