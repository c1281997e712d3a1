"""Fields: is X sent? Why? With which value, from here, now? The closed list, and what is never sent."""

from collections.abc import Sequence
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas, Content, Row, column_widths, headline
from shimmy_metrics.app.ui.text import BLANK, Role, Span, at, line, muted, note, placed, strong, wrapped
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import BY_NAME, FIELDS, grouped
from shimmy_metrics.report.kinds import Kind, Word
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.report.search import found
from shimmy_metrics.wording.numbers import amount
from shimmy_metrics.wording.receiver import UNREACHABLE, unreachable_meant
from shimmy_metrics.wording.values import current_values

NEVER_TITLE = "Never"

_WITHOUT_NETWORK: Final = "What happens without the network"

_FILES: Final = ("disk", "file", "files")

VALUE: Final = 40
"""Columns for a value, with which an id is whole, before its bounds have the room."""


def fields_view(canvas: Canvas, overview: Overview | None, search: str = "") -> Content:
    """Return the fields with this machine's values, and the never-list; with `search` those that it names."""
    report = overview.now if overview is not None else None
    now = current_values(report) if report else {}
    wanted, hits = search.strip(), found(search)
    longest = max(map(len, now.values()), default=0)
    bounds = max(len(field.kind.bounds) for field in FIELDS)
    first, _, rest = column_widths(canvas.width - 32, (20, 28, 0), (min(longest, VALUE), bounds, longest - VALUE))
    columns = first + rest
    rows: list[Row] = []
    for group, fields in grouped():
        shown = [field for field in fields if field.name in hits]
        if shown:
            rows.append(Row(line(muted(group.value))))
            for field in shown:
                rows.append(_row(canvas, field, now.get(field.name, ""), columns))
                rows += _excerpt(canvas, rows[-1:], wanted.lower(), hits[field.name])
    never = [(name, fate) for name, fate in NEVER if name in hits]
    if never:
        rows += [Row(BLANK)] if rows else []
        rows.append(Row(line(muted(NEVER_TITLE))))
        for name, fate in never:
            told = _never(canvas, name, fate)
            rows += (*told, *_excerpt(canvas, told, wanted.lower(), hits[name]))
    network = unreachable_meant(wanted)
    if network:
        rows = [*map(Row, wrapped(UNREACHABLE, canvas.width)), Row(BLANK), *rows]
    if overview is not None and overview.files and wanted.lower() in _FILES:
        where = f"Each file on this disk: {canvas.keys.of('app.consent')}, then {canvas.keys.of('page.leaf-down')}."
        rows = [*map(Row, wrapped(where, canvas.width)), Row(BLANK), *rows]
    sentence = f"These {len(FIELDS)} fields are everything that could ever be sent. None holds free text."
    if canvas.narrow:
        sentence = f"{len(FIELDS)} fields, and nothing else."
    if wanted and (hits or network):
        counted = _found(sum(row.key in BY_NAME for row in rows), len(never), wanted) if hits else ""
        sentence = f"{_WITHOUT_NETWORK}{f'; {counted}' if counted else ':'}" if network else counted
    elif wanted:
        # It may go by another word: that nothing was found must not be read as "this is not sent".
        sentence = (
            f"No field's name, meaning, source or purpose has '{wanted}' in it. To be sure, read all {len(FIELDS)}."
        )
    return Content((*headline(canvas, sentence), BLANK), tuple(rows))


def _found(fields: int, never: int, search: str) -> str:
    """Return how much mentions what is searched for, of what may be sent and of what never is."""
    what = " and ".join(
        (
            *((amount(fields, "field"),) if fields else ()),
            *((amount(never, "thing that is never sent", "things that are never sent"),) if never else ()),
        )
    )
    return f"{what} {'mentions' if fields + never == 1 else 'mention'} '{search}'."


def _never(canvas: Canvas, name: str, fate: str) -> list[Row]:
    """Return the rows of what is never sent: its name, and beside it, where there is room, what becomes of it."""
    named = at(3, Span(name, Role.NAME))
    if canvas.narrow:
        return [Row(placed(canvas.width, named), name)]
    first, *rest = wrapped(fate, canvas.width, indent=29, role=Role.MUTED)
    return [Row(placed(canvas.width, named, at(29, *first[1:])), name), *map(Row, rest)]


def _excerpt(canvas: Canvas, rows: Sequence[Row], wanted: str, text: str) -> list[Row]:
    """Return the text that has what is searched for, as a row below these, which do not show it; none if they do."""
    shown = " ".join("".join(span.text for span in row.line).strip() for row in rows)
    if not wanted or wanted in " ".join(shown.split()).lower():
        return []
    room = canvas.width - 6
    behind = max(text.lower().index(wanted) + len(wanted) - room + 1, 0)
    begun = f"{canvas.glyphs.ellipsis}{text[behind + 1 :]}" if behind else text
    return [Row(placed(canvas.width, at(5, muted(canvas.fitting(begun, room)))))]


def _row(canvas: Canvas, field: Field, value: str, columns: int) -> Row:
    shown = canvas.fitting(value, canvas.width - 30 if canvas.narrow else columns)
    cells = [at(3, Span(field.name, Role.NAME)), at(29, strong(shown))]
    if not canvas.narrow:
        room = canvas.width - 32 - columns
        bounds = canvas.fullest(room, field.kind.bounds, _brief(field.kind))
        cells.append(note(31 + columns, muted(bounds)))
    return Row(placed(canvas.width, *cells), field.name)


def _brief(kind: Kind) -> str:
    """Return a kind's bounds where there is no room for all of them; the drawer has them whole."""
    if isinstance(kind, Word):
        return f"one of {len(kind.words)} words{' or null' if kind.optional else ''}"
    return kind.bounds.replace(", two digits", "")
