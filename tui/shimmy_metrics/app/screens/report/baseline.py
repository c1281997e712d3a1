"""The report that another is compared with."""

from dataclasses import dataclass

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.records import Departure
from shimmy_metrics.report.bodies import split


@dataclass(frozen=True, slots=True)
class Baseline:
    """The report that another is compared with. `label` says when it was sent: `22 Nov`; `chosen`: by the person."""

    label: str
    body: bytes
    chosen: bool = False


def last_sent(canvas: Canvas, overview: Overview) -> Baseline | None:
    """Return the newest report that was sent and whose bytes are kept, or None."""
    for receipt in overview.receipts:
        sent = split(receipt.body)
        if sent:
            return Baseline(canvas.day(receipt.begun), sent[-1])
    return None


def chosen_baseline(canvas: Canvas, receipt: Departure | None) -> Baseline | None:
    """Return the receipt that a person chose to compare with, None for none."""
    if receipt is None:
        return None
    return Baseline(f"{canvas.day(receipt.begun)} {canvas.clock(receipt.begun)}", split(receipt.body)[-1], chosen=True)
