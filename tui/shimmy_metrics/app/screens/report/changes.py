"""What has changed since another report: a row for each field that is new, gone or different."""

from collections import Counter
from typing import Final

from shimmy_metrics.app.screens.report.baseline import Baseline
from shimmy_metrics.app.ui.layout import Canvas, Row
from shimmy_metrics.app.ui.text import Line, Role, Span, at, muted, placed, strong, to
from shimmy_metrics.report.compare import NOT_COMPARED, Change, Difference, compare, differ
from shimmy_metrics.report.fields import in_screen_order
from shimmy_metrics.wording.numbers import amount, with_separators
from shimmy_metrics.wording.values import plain, values

SIGNS: Final = {
    Change.ADDED: ("+", Role.GOOD),
    Change.REMOVED: ("-", Role.BAD),
    Change.CHANGED: ("~", Role.CHANGED),
    Change.SAME: ("=", Role.MUTED),
}


BEFORE: Final = 11
"""Columns for the value before at least."""

ROOMY: Final = 80
"""Columns above which it may have more."""


def since(canvas: Canvas, base: Baseline | None, body: bytes, *, same: bool) -> tuple[Row, ...]:
    """Return what is added, removed and changed against the base, and with `same` the rest as well.

    Without a base all of it is new: then each line saying so would say nothing.
    """
    if base is None:
        return _all_of_it(canvas, body)
    differences = {each.field.name: each for each in compare(base.body, body)}
    ordered = [differences[field.name] for field in in_screen_order()]
    new = differ(tuple(ordered))
    longest = max((len(with_separators(plain(each.before))) for each in new if not _listed(each)), default=0)
    more = min(max(longest - BEFORE, 0), max(canvas.width - ROOMY, 0))
    rows = [Row(_difference(canvas, each, more), each.field.name) for each in new]
    if not new:
        rows.append(Row(placed(canvas.width, at(3, muted("Nothing that matters changed.")))))
    own = ", ".join(NOT_COMPARED) if canvas.narrow else " and ".join(NOT_COMPARED)
    rows.append(Row(placed(canvas.width, at(3, muted(f"not compared: {own}")))))
    alike = [each for each in ordered if each.change is Change.SAME and each.field.name not in NOT_COMPARED]
    if not alike:
        return tuple(rows)
    if same:
        rows += [Row(_difference(canvas, each, more), each.field.name) for each in alike]
    else:
        count = muted(f"= same     {amount(len(alike), 'field')}")
        key = (Span(canvas.keys.of("report.same"), Role.ACCENT), muted(" shows them"))
        rows.append(Row(placed(canvas.width, at(3, count), to(canvas.right, *key, note=True))))
    return tuple(rows)


def count_changes(base: Baseline, body: bytes) -> str:
    """Return how many fields differ, are new, are gone, and are the same: `8 fields differ, 15 are the same`."""
    counts = Counter(each.change for each in compare(base.body, body) if each.field.name not in NOT_COMPARED)
    parts = [f"{amount(counts[Change.CHANGED], 'field')} {'differs' if counts[Change.CHANGED] == 1 else 'differ'}"]
    for change, word in ((Change.ADDED, "new"), (Change.REMOVED, "gone"), (Change.SAME, "the same")):
        number = counts[change]
        if number:
            parts.append(f"{number} {'is' if number == 1 else 'are'} {word}")
    return f"{', '.join(parts)}."


def _listed(difference: Difference) -> bool:
    """Whether the value is a list, of which only the news is shown."""
    return difference.before.startswith("[")


def _difference(canvas: Canvas, difference: Difference, more: int) -> Line:
    """Return a field's line; the value before has `more` columns than `BEFORE`."""
    sign, role = SIGNS[difference.change]
    name = Span(difference.field.name, Role.NAME)
    before, after = with_separators(plain(difference.before)), with_separators(plain(difference.after))
    alike = difference.change is Change.SAME
    if canvas.narrow:
        value = muted(after or before) if alike else strong(after or "gone")
        return placed(canvas.width, at(3, Span(sign, role)), at(5, name), at(31, value))
    cells = [at(3, Span(sign, role), muted(f" {difference.change.value}")), at(14, name)]
    if alike:
        return placed(canvas.width, *cells, at(52 + more, muted(canvas.fitting(after, canvas.width - 53 - more))))
    if difference.change is Change.CHANGED:
        fits = len(before) <= BEFORE + more and len(after) <= canvas.width - 54 - more
        if fits and not _listed(difference):
            arrow = Span(canvas.glyphs.arrow, Role.ACCENT)
            cells += [to(49 + more, muted(before)), at(50 + more, arrow, " ", strong(after))]
        else:
            cells.append(at(52 + more, strong(_news(before, after))))
    elif difference.change is Change.ADDED:
        cells.append(at(52 + more, strong(after)))
    else:
        cells += [to(49 + more, muted(before))]
    return placed(canvas.width, *cells)


def _news(before: str, after: str) -> str:
    """Return what is new in a list of words; other long values are shown whole."""
    old, new = ([word for word in each.split(", ") if word != plain("[]")] for each in (before, after))
    if max(len(old), len(new)) < 2 and min(len(old), len(new)):
        return after
    gained = [f"+ {word}" for word in new if word not in old]
    lost = [f"- {word}" for word in old if word not in new]
    return ", ".join([*gained, *lost]) or after


def _all_of_it(canvas: Canvas, body: bytes) -> tuple[Row, ...]:
    sent = values(body)
    rows: list[Row] = []
    for field in in_screen_order():
        if field.name in sent:
            value = canvas.fitting(with_separators(sent[field.name]), canvas.width - 30)
            rows.append(Row(placed(canvas.width, at(3, Span(field.name, Role.NAME)), at(29, value)), field.name))
    return tuple(rows)
