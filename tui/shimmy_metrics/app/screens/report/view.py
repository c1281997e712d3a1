"""A request or a report in one of its three views: what has changed, how it was measured, and its bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.preview import request_for
from shimmy_metrics.app.screens.report.baseline import Baseline
from shimmy_metrics.app.screens.report.changes import since
from shimmy_metrics.app.screens.report.subject import Subject, session_of
from shimmy_metrics.app.screens.report.wire import raw, wire
from shimmy_metrics.app.ui.layout import Canvas, Content, Row, column_widths
from shimmy_metrics.app.ui.text import (
    BLANK,
    Cell,
    Line,
    Role,
    Span,
    at,
    length,
    muted,
    note,
    placed,
    strong,
    to,
    wrapped,
)
from shimmy_metrics.consent.endpoint import same_endpoint
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.report.fields import in_screen_order
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.wording.numbers import amount, with_separators
from shimmy_metrics.wording.session_consent import sent_by_itself, there
from shimmy_metrics.wording.values import values

ALL_NEW: Final = "No report that was taken is kept here, so everything is new."


ALL_NEW_SHORT: Final = "No taken report: everything is new."
"""Receipts can be deleted, so this does not claim that nothing was ever sent."""


NO_BASE_READ: Final = "The sent reports were not read."

FIRST_SENT: Final = "No report sent before it is kept here to compare it with."

SAME_REPORT: Final = "It is compared with itself: the same report, byte for byte."


SENT: Final = 40
"""Columns for a sent value before what was measured has the room."""

SENT_LEAST: Final = 12
"""Columns for a sent value, whatever was measured."""

ROOMY: Final = 30
"""Rows from which there is room for a blank one before the bytes."""


class View(StrEnum):
    """The three ways to look at a report."""

    SINCE = "since"
    MEASURED = "measured"
    WIRE = "wire"


VIEWS_OF_SEVERAL: Final = (View.SINCE, View.WIRE)
"""The views of a request of several reports: which they are, and its bytes."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which subject is shown, in which view. `same` shows unchanged fields too, `unbroken` the raw request."""

    index: int = 0
    view: View = View.SINCE
    same: bool = False
    unbroken: bool = False


def report_view(
    canvas: Canvas,
    head: tuple[Line, ...],
    subject: Subject,
    *,
    selection: Selection,
    base: Baseline | None,
    overview: Overview,
    sent_to: str = "",
) -> Content:
    """Return a request or a report in the selected view, below the given lines.

    `sent_to`: it was sent, to this endpoint; of what was sent then no headers are kept.
    """
    highlighted = base if selection.view is View.WIRE else None
    named = [*head, view_names(canvas, selection.view, base, highlighted, together=subject.report is None)]
    if selection.view is View.WIRE:
        named += _address(canvas, overview, subject, unbroken=selection.unbroken, sent_to=sent_to)
        named += [BLANK] * (canvas.height >= ROOMY)
        rows = raw(canvas, subject.body) if selection.unbroken else wire(canvas, base, subject.body)
        if selection.unbroken and not sent_to:
            rows = (*_headers(canvas, overview, subject), *rows)
        return Content(tuple(named), rows)
    if subject.report is None:
        return Content((*named, BLANK), reports(canvas, subject.reports, sealed=subject.sealed))
    if selection.view is View.MEASURED:
        return Content((*named, BLANK), measured(canvas, subject.body, subject.measured))
    if base is None:
        named += wrapped(_without_base(canvas, overview, sent_to), canvas.width, role=Role.MUTED)
    elif base.body == subject.body:
        named += wrapped(SAME_REPORT, canvas.width, role=Role.MUTED)
        base = None
    elif canvas.low:
        named.append(BLANK)
    else:
        named += wrapped(f"Compared with {base.label(canvas)}:", canvas.width, role=Role.MUTED)
    return Content(tuple(named), since(canvas, base, subject.body, same=selection.same))


def _without_base(canvas: Canvas, overview: Overview, sent_to: str) -> str:
    if not overview.store_read:
        return NO_BASE_READ
    if sent_to:
        return FIRST_SENT
    return ALL_NEW_SHORT if canvas.narrow else ALL_NEW


def view_names(
    canvas: Canvas, view: View, base: Baseline | None, named: Baseline | None = None, *, together: bool = False
) -> Line:
    """Return the row that names the views, the open one marked, and at its right the baseline, where it is `named`.

    `together`: of a request of several reports, which is compared with nothing.
    """
    names = {
        View.SINCE: ("Since that report" if base and base.chosen else "Since last report", "Since"),
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
    keys = canvas.keys.either("report.lens-before", "report.lens-beside")
    beside: tuple[str, ...] = ()
    if named and not together:
        beside = (f"compared with {named.label(canvas)}", f"since {canvas.day(named.sent)}")
    hint = " other view"
    if column + 1 + len(keys) + len(hint) + 1 + max(map(len, beside[:1]), default=0) >= canvas.width:
        hint = ""
    if not canvas.narrow:
        cells.append(note(column + 1, Span(keys, Role.ACCENT), muted(hint)))
        column += 1 + len(keys) + len(hint)
    fitting = next((each for each in beside if column + 1 + len(each) < canvas.width), "")
    return placed(canvas.width, *cells, to(canvas.right, muted(fitting), note=True))


def measured(canvas: Canvas, body: bytes, raw: Mapping[str, str]) -> tuple[Row, ...]:
    """Return each value as it was measured beside what is sent; fields that are sent as measured in one line."""
    sent = values(body)
    names = [field.name for field in in_screen_order() if field.name in sent]
    pairs = {name: (raw.get(name, ""), sent[name]) for name in names}
    told = {name: each for name, each in pairs.items() if each[0] not in {each[1], with_separators(each[1])}}
    second = third = 29
    if not canvas.narrow:
        room = canvas.width - second - 4
        long_before = max((len(each) for each, _ in told.values()), default=0)
        long_after = max((len(each) for _, each in told.values()), default=0)
        _, columns = column_widths(room, (min(24, long_after), 23), (min(long_after, SENT), long_before))
        third += min(columns, max(room - SENT_LEAST, SENT_LEAST)) + 1
    head = placed(
        canvas.width,
        note(second, muted("measured here")),
        at(third + 2, muted("sent" if canvas.narrow else "sent as")),
    )
    rows = [Row(head)]
    for name, (before, after) in told.items():
        arrow = Span(f"{canvas.glyphs.arrow} ", Role.ACCENT)
        shown = canvas.fitting(before, third - second - 1)
        cells = [at(3, Span(name, Role.NAME))]
        if not canvas.narrow:
            cells.append(at(second, shown or muted("not kept")))
        room = canvas.width - 1 - third - len(arrow.text)
        cells.append(at(third, arrow, strong(canvas.fitting(after, room))))
        rows.append(Row(placed(canvas.width, *cells), name))
    alike = len(pairs) - len(told)
    if alike:
        ways = (f"and {alike} that are sent as measured", f"and {alike} as measured")
        those = canvas.fullest(canvas.width - 4, *ways)
        rows.append(Row(placed(canvas.width, at(3, muted(those)))))
    return (*rows, Row(BLANK), *_never(canvas, second))


def _never(canvas: Canvas, second: int) -> Iterator[Row]:
    """Yield what becomes of what never leaves, from the column `second` on."""
    nothing = (Span(f"{canvas.glyphs.arrow} ", Role.ACCENT), muted("nothing"))
    room = canvas.width - 1 - second - length(nothing) - 1
    third = second if canvas.narrow else second + min(room, max(len(fate) for _, fate in NEVER)) + 1
    for name, fate in NEVER:
        told = [] if canvas.narrow else wrapped(fate, third, indent=second, role=Role.MUTED)
        fates = [at(second, *first[1:]) for first in told[:1]]
        yield Row(placed(canvas.width, at(3, Span(name, Role.NAME)), *fates, at(third, *nothing)), name)
        yield from map(Row, told[1:])


_DIGEST: Final = 70
"""Where a report's digest begins among those of its request."""

PART: Final = "report "
"""How the key of a row begins that names one report of several; its number, from 1, follows."""


def reports(canvas: Canvas, found: Sequence[QueuedReport], *, sealed: bool) -> tuple[Row, ...]:
    """Return the reports of a request in their order, a line each; when each was `sealed`, if that is known."""
    rows: list[Row] = []
    for number, report in enumerate(found, 1):
        sent = values(report.body)
        requests = sent.get("requests_per_session", "0")
        columns = [
            (45, requests, "request" if requests == "1" else "requests"),
            (62, sent.get("session_duration_minutes", "0"), "min"),
        ]
        ends = 24 if canvas.narrow else 34
        moment = f"{canvas.day(report.sealed)} {canvas.clock(report.sealed)}"
        cells = [at(3, Span(f"{PART}{number}", Role.NAME))]
        cells += [at(14, moment)] if sealed and not canvas.narrow else []
        cells += [to(ends, f"{len(report.body):,}"), at(ends + 1, muted("bytes"))]
        if not canvas.narrow:
            cells += [
                cell
                for end, value, unit in columns
                for cell in (to(end, with_separators(value)), at(end + 1, muted(unit)))
            ]
            cells.append(note(_DIGEST, muted(canvas.fitting(report.sha256, max(canvas.width - 1 - _DIGEST, 9)))))
        rows.append(Row(placed(canvas.width, *cells), f"{PART}{number}"))
    return tuple(rows)


def part_of(key: str) -> int:
    """Return the number, from 1, of the report in a request that a row's key names; 0 for none."""
    number = key.removeprefix(PART) if key.startswith(PART) else key.rpartition(" (")[2].removesuffix(")")
    return int(number) if number.isdecimal() else 0


def _receiver(overview: Overview, subject: Subject) -> str:
    """Return where these bytes would be sent: by an unended session to its receiver, else to this shell's.

    Empty where this shell's cannot be used.
    """
    here, report = overview.consent.endpoint, subject.reports[0]
    live = session_of(overview, subject)
    if live is not None:
        acting = there(overview.consent, live.session)
        return acting.endpoint if acting.sends or overview.unusable else here
    if overview.unusable and not subject.sealed:
        return ""
    return report.endpoint or here if subject.sealed and report.state is QueueState.DUE else here


def _address(canvas: Canvas, overview: Overview, subject: Subject, *, unbroken: bool, sent_to: str) -> Iterator[Line]:
    receiver = sent_to or _receiver(overview, subject)
    if not receiver:
        yield placed(canvas.across.width, at(1, muted("no receiver is in use here")))
        yield placed(canvas.across.width, at(1, muted("sha256 "), subject.sha256))
        return
    request = request_for(subject.reports, receiver)
    key = (
        Span(canvas.keys.of("report.raw"), Role.ACCENT),
        muted(" split at fields" if unbroken else " in one piece"),
    )
    count = () if sent_to else (muted(f" and {amount(len(request.headers), 'header')}"),)
    width = canvas.across.width
    yield placed(width, at(1, strong("POST "), request.url, *count), to(canvas.right, *key, note=True))
    if overview.proxy and not sent_to and same_endpoint(receiver, overview.consent.endpoint):
        yield placed(width, at(1, muted("through "), overview.proxy))
    yield placed(width, at(1, muted("sha256 "), subject.sha256))
    live, report = session_of(overview, subject), subject.reports[0]
    due = subject.sealed and report.state is QueueState.DUE and report.row_id not in overview.overdue
    if due or (live is not None and sent_by_itself(overview.consent, live.session)):
        differs = "Sent with other reports, the request and its digest differ."
        yield placed(width, at(1, muted(canvas.fullest(width - 1, differs, "With others both differ."))))


def _headers(canvas: Canvas, overview: Overview, subject: Subject) -> Iterator[Row]:
    receiver = _receiver(overview, subject)
    for name, value in request_for(subject.reports, receiver).headers if receiver else ():
        yield Row(placed(canvas.width, at(3, muted(f"{name}: "), value)), f"header {name}")
    yield Row(BLANK)
