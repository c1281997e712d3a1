"""A report through three lenses: against a base, as it was measured, and as bytes. Each gives the rows of a page."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shimmy_metrics.app.ui.layout import Canvas, Row
from shimmy_metrics.app.ui.text import BLANK, Cell, Line, Role, Span, at, line, muted, note, placed, strong, to
from shimmy_metrics.app.ui.values import plain, values
from shimmy_metrics.records import QueuedReport
from shimmy_metrics.report.bodies import members
from shimmy_metrics.report.compare import ALWAYS_NEW, Change, Difference, compare, differ
from shimmy_metrics.report.fields import in_screen_order
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.wording.numbers import amount

RAW_BYTES: Final = 64


class View(StrEnum):
    """The three ways to look at a report."""

    SINCE = "since"
    MEASURED = "measured"
    WIRE = "wire"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The report that another is compared with. `label` says which: `sent 22 Nov`; `chosen`: by the person."""

    label: str
    body: bytes
    chosen: bool = False


SIGNS: Final = {
    Change.ADDED: ("+", Role.GOOD),
    Change.REMOVED: ("-", Role.BAD),
    Change.CHANGED: ("~", Role.CHANGED),
    Change.SAME: ("=", Role.MUTED),
}


TOGETHER: Final = (View.SINCE, View.WIRE)
"""The lenses of a request of several reports: which they are, and its bytes."""


def view_names(canvas: Canvas, view: View, base: Baseline | None, *, together: bool = False) -> Line:
    """Return the row that names the lenses, the open one marked, and the base at its right.

    `together`: of a request of several reports, which is compared with nothing.
    """
    names = {
        # As long as the other, so that what stands beside it stays where it is.
        View.SINCE: ("Since the base   " if base and base.chosen else "Since last report", "Since"),
        View.MEASURED: (f"Measured {canvas.glyphs.arrow} sent", "Measured"),
        View.WIRE: ("On the wire", "Wire"),
    }
    if together:
        names = {View.SINCE: ("Its reports", "Reports"), View.WIRE: names[View.WIRE]}
    cells: list[Cell] = []
    column = 1
    for each, (long, short) in names.items():
        name = short if canvas.narrow else long
        opened = each is view or (each is View.SINCE and view not in names)
        sign = Span(f"{canvas.glyphs.current_view} " if opened else "  ", Role.ACCENT)
        role = Role.MARKED if opened else Role.MUTED
        cells.append(at(column, sign, Span(name, role, f"screen.view('{each.value}')")))
        column += len(name) + (3 if canvas.narrow else 4)
    if not canvas.narrow:
        pair = canvas.keys.pair("report.lens-before", "report.lens-beside")
        cells.append(note(column + 1, Span(pair, Role.ACCENT)))
    if together:
        return placed(canvas.width, *cells)
    label = base.label if base else "none"
    return placed(canvas.width, *cells, to(canvas.width - 1, muted("base "), label, note=True))


def since(canvas: Canvas, base: Baseline | None, body: bytes, *, same: bool) -> tuple[Row, ...]:
    """Return what is added, removed and changed against the base, and with `same` the rest as well.

    Without a base all of it is new: then each line saying so would say nothing.
    """
    if base is None:
        return _all_of_it(canvas, body)
    differences = {each.field.name: each for each in compare(base.body, body)}
    ordered = [differences[field.name] for field in in_screen_order()]
    new = differ(tuple(ordered))
    rows = [Row(_difference(canvas, each), each.field.name) for each in new]
    if not new:
        rows.append(Row(placed(canvas.width, at(3, muted("Nothing that tells anything changed.")))))
    always = "session_id, timestamp" if canvas.narrow else "session_id and timestamp, in every report"
    sign, role = SIGNS[Change.CHANGED]
    rows.append(Row(placed(canvas.width, at(3, Span(sign, role), muted(f" changed  {always}")))))
    alike = [each for each in ordered if each.change is Change.SAME and each.field.name not in ALWAYS_NEW]
    if not alike:
        return tuple(rows)
    if same:
        rows += [Row(_difference(canvas, each), each.field.name) for each in alike]
    else:
        count = muted(f"= same     {len(alike)} fields")
        key = (Span(canvas.keys.of("report.same"), Role.ACCENT), muted(" shows them"))
        rows.append(Row(placed(canvas.width, at(3, count), to(canvas.width - 1, *key, note=True))))
    return tuple(rows)


def sums(base: Baseline, body: bytes) -> str:
    """Return how many fields differ, are new, are gone, and are the same: `8 fields differ, 15 are the same`."""
    counts = Counter(each.change for each in compare(base.body, body) if each.field.name not in ALWAYS_NEW)
    parts = [f"{amount(counts[Change.CHANGED], 'field')} {'differs' if counts[Change.CHANGED] == 1 else 'differ'}"]
    for change, word in ((Change.ADDED, "new"), (Change.REMOVED, "gone"), (Change.SAME, "the same")):
        number = counts[change]
        if number:
            parts.append(f"{number} {'is' if number == 1 else 'are'} {word}")
    return f"{', '.join(parts)}."


def measured(canvas: Canvas, body: bytes, raw: Mapping[str, str]) -> tuple[Row, ...]:
    """Return each value as it was measured beside what leaves; fields that leave as measured in one line."""
    sent = values(body)
    second, third = (29, 29) if canvas.narrow else (29, 53)
    head = placed(
        canvas.width,
        note(second, muted("measured here")),
        at(third + 2, muted("leaves" if canvas.narrow else "leaves as")),
    )
    rows = [Row(head)]
    alike: list[str] = []
    for field in in_screen_order():
        if field.name not in sent:
            continue
        before, after = raw.get(field.name, ""), sent[field.name]
        if before in {after, _grouped(after)}:
            alike.append(field.name)
            continue
        arrow = Span(f"{canvas.glyphs.arrow} ", Role.ACCENT)
        shown = canvas.fitting(before, third - second - 1)
        cells = [at(3, Span(field.name, Role.NAME))]
        if not canvas.narrow:
            cells.append(at(second, shown or muted("not kept")))
        room = canvas.width - 1 - third - len(arrow.text)
        cells.append(at(third, arrow, strong(canvas.fitting(after, room))))
        rows.append(Row(placed(canvas.width, *cells), field.name))
    if alike:
        rows.append(Row(line(muted(f"  and {len(alike)} that leave as they were measured"))))
    rows.append(Row(BLANK))
    for name, fate in NEVER:
        nothing = (Span(f"{canvas.glyphs.arrow} ", Role.ACCENT), muted("nothing"))
        fates = () if canvas.narrow else (at(second, muted(canvas.fitting(fate, third - second - 1))),)
        cells = [at(3, Span(name, Role.NAME)), *fates, at(third, *nothing)]
        rows.append(Row(placed(canvas.width, *cells), name))
    return tuple(rows)


PART: Final = "report "
"""How the key of a row begins that names one report of several; its number, from 1, follows."""


def reports(canvas: Canvas, found: Sequence[QueuedReport]) -> tuple[Row, ...]:
    """Return the reports of a request, a line each, in the order in which they stand in it."""
    rows: list[Row] = []
    for number, report in enumerate(found, 1):
        sent = values(report.body)
        told = [
            (44, sent.get("requests_per_session", "0"), "requests"),
            (62, sent.get("session_duration_minutes", "0"), "min"),
        ]
        cells = [at(3, Span(f"{PART}{number}", Role.NAME)), to(24, f"{len(report.body):,}"), at(25, muted("bytes"))]
        if not canvas.narrow:
            cells += [
                cell for end, value, unit in told for cell in (to(end, _grouped(value)), at(end + 1, muted(unit)))
            ]
        cells.append(to(canvas.width - 1, muted(f"{report.sha256[:8]}{canvas.glyphs.ellipsis}"), note=True))
        rows.append(Row(placed(canvas.width, *cells), f"{PART}{number}"))
    return tuple(rows)


def part_of(key: str) -> int:
    """Return the number, from 1, of the report in a request that a row's key names; 0 for none."""
    number = key.removeprefix(PART) if key.startswith(PART) else key.rpartition(" (")[2].removesuffix(")")
    return int(number) if number.isdecimal() else 0


def wire(canvas: Canvas, base: Baseline | None, body: bytes) -> tuple[Row, ...]:
    """Return the exact bytes, cut into members: the offset of each line's first byte, and the bytes, verbatim.

    The texts of the lines, joined, are the body. From the second report of a request on, its number follows the
    field's name in a row's key.
    """
    found = {each.field.name: each for each in compare(base.body, body)} if base else {}
    room = max(canvas.width - 9, 8)
    rows: list[Row] = []
    met: Counter[str] = Counter()
    for member in members(body):
        difference = found.get(member.field)
        met[member.field] += 1
        name = member.field if met[member.field] == 1 else f"{member.field} ({met[member.field]})"
        for begin in range(0, len(member.text), room):
            piece = member.text[begin : begin + room]
            first = begin == 0
            key = name if first and member.field else ""
            rows.append(_wire_row(canvas, member.offset + begin, piece, key, difference if first else None))
    return tuple(rows)


def raw(canvas: Canvas, body: bytes) -> tuple[Row, ...]:
    """Return the body unbroken, so many bytes a row, with the same offsets."""
    room = max(min(RAW_BYTES, canvas.width - 9), 8)
    text = body.decode("ascii", errors="replace")
    return tuple(
        Row(placed(canvas.width, to(6, muted(str(begin))), at(8, text[begin : begin + room])), f"byte {begin}")
        for begin in range(0, len(text), room)
    )


def joined_text(rows: tuple[Row, ...]) -> str:
    """Return the bytes that the rows of `wire` show, joined."""
    return "".join(span.text for row in rows for span in row.line if span.verbatim)


def _wire_row(canvas: Canvas, offset: int, text: str, name: str, difference: Difference | None) -> Row:
    changed = difference is not None and difference.change is not Change.SAME
    sign, role = SIGNS[difference.change] if difference and changed else (" ", Role.TEXT)
    cells = [to(5, muted(str(offset))), at(6, Span(sign, role)), at(8, *_bytes(text, strongly=changed))]
    if difference is not None and changed:
        was = "added" if difference.change is Change.ADDED else f"was {plain(difference.before)}"
        if name in ALWAYS_NEW:
            was = "new each time"
        cells.append(to(canvas.width - 1, muted(was), note=True))
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


def _difference(canvas: Canvas, difference: Difference) -> Line:
    sign, role = SIGNS[difference.change]
    name = Span(difference.field.name, Role.NAME)
    before, after = _grouped(plain(difference.before)), _grouped(plain(difference.after))
    alike = difference.change is Change.SAME
    if canvas.narrow:
        value = muted(after or before) if alike else strong(after or "gone")
        return placed(canvas.width, at(3, Span(sign, role)), at(5, name), at(31, value))
    cells = [at(3, Span(sign, role), muted(f" {difference.change.value}")), at(14, name)]
    if alike:
        return placed(canvas.width, *cells, at(52, muted(canvas.fitting(after, canvas.width - 53))))
    if difference.change is Change.CHANGED:
        listed = difference.before.startswith("[")
        if not listed and len(before) <= 11 and len(after) <= canvas.width - 54:
            cells += [to(49, muted(before)), at(50, Span(canvas.glyphs.arrow, Role.ACCENT), " ", strong(after))]
        else:
            cells.append(at(52, strong(_news(before, after))))
    elif difference.change is Change.ADDED:
        cells.append(at(52, strong(after)))
    else:
        cells += [to(49, muted(before))]
    return placed(canvas.width, *cells)


def _news(before: str, after: str) -> str:
    """Return what is new in a list of words; other long values are shown whole."""
    old, new = before.split(", "), after.split(", ")
    if len(old) < 2 and len(new) < 2:
        return after
    gained = [f"+ {word}" for word in new if word not in old]
    lost = [f"- {word}" for word in old if word not in new]
    return ", ".join([*gained, *lost]) or after


def _all_of_it(canvas: Canvas, body: bytes) -> tuple[Row, ...]:
    sent = values(body)
    rows: list[Row] = []
    for field in in_screen_order():
        if field.name in sent:
            value = canvas.fitting(_grouped(sent[field.name]), canvas.width - 30)
            rows.append(Row(placed(canvas.width, at(3, Span(field.name, Role.NAME)), at(29, value)), field.name))
    return tuple(rows)


def _grouped(text: str) -> str:
    return f"{int(text):,}" if text.isdecimal() else text
