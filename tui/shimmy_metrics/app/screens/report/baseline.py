"""The report that another is compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.report.subject import Subject, of_sent
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.records import Departure
from shimmy_metrics.report.bodies import split


@dataclass(frozen=True, slots=True)
class Baseline:
    """The report that another is compared with. `sent` is when; `chosen`: by the person."""

    sent: datetime
    body: bytes
    chosen: bool = False

    def label(self, canvas: Canvas) -> str:
        """Return how it is called everywhere: `the report of 28 Nov, 16:44`."""
        return f"the report of {canvas.day(self.sent)}, {canvas.clock(self.sent)}"


def last_sent(overview: Overview) -> Baseline | None:
    """Return the newest report that was sent and whose bytes are kept, or None."""
    return next(_sent(overview), None)


def last_two_sent(overview: Overview) -> tuple[Subject, Baseline | None] | None:
    """Return the newest report that was sent, and the one before it to compare it with; None where none is kept."""
    found = _sent(overview)
    last, before = next(found, None), next(found, None)
    return (of_sent(last.body, last.sent), before) if last else None


def chosen_baseline(receipt: Departure | None) -> Baseline | None:
    """Return the receipt that a person chose to compare with, None for none."""
    return Baseline(receipt.begun, split(receipt.body)[-1], chosen=True) if receipt is not None else None


def before_receipt(overview: Overview, receipt: Departure) -> Baseline | None:
    """Return the newest report that was sent before this request, or None."""
    older = overview._replace(entries=tuple(each for each in overview.receipts if each.row_id < receipt.row_id))
    return last_sent(older)


def differs(base: Baseline | None, subject: Subject | None) -> bool:
    """Whether a report is compared with another one: not a request of several, nor one with itself."""
    return base is not None and subject is not None and subject.report is not None and base.body != subject.body


def _sent(overview: Overview) -> Iterator[Baseline]:
    """Yield every report whose bytes are kept, the newest first, but for those that were refused and still wait."""
    waiting = {report.body for report in overview.outbox}
    return (
        Baseline(each.begun, body)
        for each in overview.receipts
        for body in reversed(split(each.body))
        if body not in waiting
    )
