"""What is said of a request with waiting reports. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from shimmy_metrics.actions.id_choices import listed, report_choice
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.wording.departures import sentence, set_aside, waits_until
from shimmy_metrics.wording.numbers import amount

if TYPE_CHECKING:
    from shimmy_metrics.actions.outbox import ReleaseRequest
    from shimmy_metrics.actions.preview import Preview


def waiting(reports: Iterable[QueuedReport], now: datetime, *, sends: bool, sending: bool = False) -> Iterator[str]:
    """Yield why reports that are not sent automatically wait, and until when.

    `sends`: a release would send them. `sending`: one may have been released, and be what is sent now.
    """
    kept = list(reports)
    held = [report for report in kept if report.state.held]
    if held:
        them, first = ("it", "") if len(held) == 1 else ("them", "the first: ")
        how = ": shimmy-metrics release ID, or all" if sends else ", but nothing is sent from here"
        if not sending:
            yield f"Held until you release {them}{how}."
        if len(held) > 1:
            yield f"In it: {listed(report_choice(each.sha256, each.sealed, each.body) for each in held)}."
        yield sentence(f"{first}{waits_until(held[0], now)}")
    for report in kept:
        if report.state is QueueState.SET_ASIDE:
            yield f"Set aside: {set_aside(report)}."


def size(found: "ReleaseRequest | Preview") -> str:
    """Return how much its request is, with its digest."""
    request = found.request
    return f"{amount(len(request.reports), 'report')}, {len(request.body):,} bytes, sha256 {request.sha256}"
