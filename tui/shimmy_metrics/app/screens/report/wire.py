"""The exact bytes of a request or a report: cut at its fields, or unbroken."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from shimmy_metrics.app.screens.report.baseline import Baseline
from shimmy_metrics.app.screens.report.changes import SIGNS
from shimmy_metrics.app.ui.layout import Canvas, Row
from shimmy_metrics.app.ui.text import Role, Span, at, muted, placed, to
from shimmy_metrics.report.bodies import members
from shimmy_metrics.report.compare import NOT_COMPARED, Change, Difference, compare
from shimmy_metrics.wording.values import plain

RAW_BYTES: Final = 64


def wire(canvas: Canvas, base: Baseline | None, body: bytes) -> tuple[Row, ...]:
    """Return the exact bytes, cut into members: the offset of each line's first byte, and the bytes, verbatim.

    The texts of the lines, joined, are the body. From the second report of a request on, its number follows the
    field's name in a row's key.
    """
    found = {each.field.name: each for each in compare(base.body, body)} if base else {}
    # Beside a list columns are few; a sign stands only where there is something to compare with.
    begin = 6 if canvas.aside and base is None else 8
    room = max(canvas.width - begin - 1, 8)
    rows: list[Row] = []
    met: Counter[str] = Counter()
    for member in members(body):
        difference = found.get(member.field)
        met[member.field] += 1
        name = member.field if met[member.field] == 1 else f"{member.field} ({met[member.field]})"
        for offset in range(0, len(member.text), room):
            piece = member.text[offset : offset + room]
            first = offset == 0
            key = name if first and member.field else ""
            rows.append(_wire_row(canvas, begin, member.offset + offset, piece, key, difference if first else None))
    return tuple(rows)


def raw(canvas: Canvas, body: bytes) -> tuple[Row, ...]:
    """Return the body unbroken, so many bytes a row, with the same offsets."""
    room = max(min(RAW_BYTES, canvas.width - 9), 8)
    text = body.decode("ascii", errors="replace")
    return tuple(
        Row(placed(canvas.width, to(6, muted(str(begin))), at(8, text[begin : begin + room])), f"byte {begin}")
        for begin in range(0, len(text), room)
    )


def _wire_row(canvas: Canvas, begin: int, offset: int, text: str, name: str, difference: Difference | None) -> Row:
    changed = difference is not None and difference.change is not Change.SAME
    cells = [to(5, muted(str(offset))), at(begin, *_bytes(text, strongly=changed))]
    if difference is not None and changed:
        cells.insert(1, at(6, Span(*SIGNS[difference.change])))
        was = "added" if difference.change is Change.ADDED else f"was {plain(difference.before)}"
        if name in NOT_COMPARED:
            was = "its own"
        cells.append(to(canvas.right, muted(was), note=True))
    return Row(placed(canvas.width, *cells), name)


def _bytes(text: str, *, strongly: bool) -> Iterator[Span]:
    """Yield the bytes with the name receding and the value plain, or bold where it is new."""
    name, colon, value = text.partition(":")
    if not colon or not name.startswith(('"', "{")):
        yield Span(text, Role.STRONG if strongly else Role.TEXT, verbatim=True)
        return
    yield Span(f"{name}{colon}", Role.QUIET, verbatim=True)
    if value:
        yield Span(value, Role.STRONG if strongly else Role.TEXT, verbatim=True)
