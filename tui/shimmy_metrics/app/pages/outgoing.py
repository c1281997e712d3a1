"""Outgoing: will it go by itself? What exactly? Each waiting report, and what a running session would send now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.wire import wire_request
from shimmy_metrics.app.lines import BLANK, Line, Role, Span, at, line, muted, placed, strong, to
from shimmy_metrics.app.pages.canvas import READING, Canvas, Page, Row, headline
from shimmy_metrics.app.pages.report import Base, Lens, lenses, measured, raw, since, wire
from shimmy_metrics.consent import Consent
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.records import Pending, Wait
from shimmy_metrics.report.bodies import split
from shimmy_metrics.wording import amount, obstacle

ALL_NEW: Final = "No sent report is kept here, so all of it is new."
ALL_NEW_SHORT: Final = "No sent report here: all of it is new."
"""Receipts can be deleted, so nothing is said of what was never sent."""

ROOMY: Final = 30
"""Rows from which a blank one can stand before the bytes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The report that is shown. `sealed` ones can be released and deleted; the rest is what would be now."""

    report: Pending
    sealed: bool
    running: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """How the report is looked at: which one, through which lens; `same` and `unbroken` (raw) show more."""

    index: int = 0
    lens: Lens = Lens.SINCE
    same: bool = False
    unbroken: bool = False


def subjects(overview: Overview) -> tuple[Subject, ...]:
    """Return every report there is to show: those that wait, the running sessions', else an example. Never empty."""
    waiting = tuple(Subject(report, sealed=True) for report in overview.outbox)
    running = tuple(Subject(live.would_be, sealed=False, running=True) for live in overview.running)
    return (*waiting, *running) or (Subject(overview.example, sealed=False),)


def last_sent(canvas: Canvas, overview: Overview) -> Base | None:
    """Return the newest report that was delivered, or None."""
    for receipt in overview.deliveries:
        reports = split(receipt.body)
        if reports:
            return Base(f"sent {canvas.day(receipt.at)}", reports[-1])
    return None


def outgoing_page(canvas: Canvas, overview: Overview | None, view: View, base: Base | None) -> Page:
    """Return the page of the report that `view` names."""
    if overview is None:
        return Page((line(muted(READING)), BLANK), ())
    found = subjects(overview)
    subject = found[min(view.index, len(found) - 1)]
    size = (strong(f"{len(subject.report.body):,}"), muted(f" of {REPORT_BYTES:,} bytes"))
    walk = f"{min(view.index, len(found) - 1) + 1} of {len(found)}" if len(found) > 1 else ""
    sentence = headline(canvas, _sentence(canvas, overview, subject), to(canvas.width - 1, *size, note=True))
    return report_page(
        canvas,
        (*sentence, _under(canvas, overview, subject, walk)),
        subject.report,
        view=view,
        base=base,
        overview=overview,
    )


def report_page(
    canvas: Canvas,
    sentence: tuple[Line, ...],
    report: Pending,
    *,
    view: View,
    base: Base | None,
    overview: Overview,
) -> Page:
    """Return a report through the view's lens, below the given sentence."""
    head = [*sentence, lenses(canvas, view.lens, base)]
    if view.lens is Lens.WIRE:
        head += _address(canvas, overview, report, unbroken=view.unbroken)
        head += [BLANK] * (canvas.height >= ROOMY)
        rows = raw(canvas, report.body) if view.unbroken else wire(canvas, base, report.body)
        if view.unbroken:
            rows = (*_headers(canvas, overview, report), *rows)
        return Page(tuple(head), rows)
    if view.lens is Lens.MEASURED:
        return Page((*head, BLANK), measured(canvas, report.body, report.measured))
    head.append(BLANK if base else line(muted(ALL_NEW_SHORT if canvas.narrow else ALL_NEW)))
    return Page(tuple(head), since(canvas, base, report.body, same=view.same))


def _sentence(canvas: Canvas, overview: Overview, subject: Subject) -> str:
    if not subject.sealed:
        if subject.running:
            return (
                "Nothing waits. As it would leave now:" if not overview.outbox else "The running session, as it is now."
            )
        return "Nothing waits. An idle run would send this:"
    waiting = len(overview.outbox)
    many = f"{amount(waiting, 'report')} {'waits' if waiting == 1 else 'wait'}."
    if subject.report.wait is Wait.SET_ASIDE:
        return f"{many} The receiver refused this one."
    if subject.report.wait is Wait.REVIEW:
        return f"{many} {'It leaves' if waiting == 1 else 'Each leaves'} only when you release it."
    if obstacle(overview.standing):
        return f"{many} Nothing leaves now: {canvas.keys.of('app.consent')} says why."
    return f"{many} {'It leaves' if waiting == 1 else 'They leave'} when the next session ends."


def _under(canvas: Canvas, overview: Overview, subject: Subject, walk: str) -> Line:
    pair = canvas.keys.pair("page.before", "page.beside")
    keys = (Span(pair, Role.ACCENT), muted(f" {walk}")) if walk else ()
    told: Line = ()
    if subject.report.wait is Wait.REVIEW and subject.report.reason:
        told = (muted(f"{subject.report.reason[:1].upper()}{subject.report.reason[1:]}."),)
    elif subject.report.reason:
        told = (Span("! ", Role.BAD), muted(f"refused: {subject.report.reason}"))
    elif not subject.sealed and overview.standing.decision.consent is not Consent.GRANTED:
        told = (muted("Metrics are not on, so nothing of this is sent."),)
    elif not subject.sealed and overview.standing.obstacle is not None:
        told = (muted(f"Nothing leaves now: {canvas.keys.of('app.consent')} says why."),)
    elif not subject.sealed and subject.running:
        told = (muted("It changes until the server stops."),)
    return placed(canvas.width, at(1, *told), to(canvas.width - 1, *keys, note=True)) if told or keys else BLANK


def _address(canvas: Canvas, overview: Overview, report: Pending, *, unbroken: bool) -> Iterator[Line]:
    request = wire_request(report, overview.standing)
    key = (Span(canvas.keys.of("report.raw"), Role.ACCENT), muted(" cut at the fields" if unbroken else " raw"))
    count = muted(f" and {amount(len(request.headers), 'header')}")
    yield placed(canvas.width, at(1, strong("POST "), request.url, count), to(canvas.width - 1, *key, note=True))
    if overview.proxy:
        yield placed(canvas.width, at(1, muted("by way of "), overview.proxy))
    yield placed(canvas.width, at(1, muted("sha256 "), report.sha256))


def _headers(canvas: Canvas, overview: Overview, report: Pending) -> Iterator[Row]:
    for name, value in wire_request(report, overview.standing).headers:
        yield Row(placed(canvas.width, at(3, muted(f"{name}: "), value)), f"header {name}")
    yield Row(BLANK)
