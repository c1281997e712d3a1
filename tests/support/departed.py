"""A departure in a store, as the sender records one: begun, sent, completed."""

from datetime import datetime
from typing import Final

from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.records import Departure, Failure, Outcome, QueuedReport
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import Database, transaction
from support.samples import NOW

_STATUS: Final = {Outcome.CONFIRMED: 200, Outcome.ACCEPTED: 200, Outcome.PARTLY: 422, Outcome.ERROR: 500}


def depart(
    db: Database,
    *reports: QueuedReport,
    outcome: Outcome | None = Outcome.CONFIRMED,
    failure: Failure = Failure.NONE,
    status: int | None = None,
    by_hand: bool = False,
    moment: datetime = NOW,
    endpoint: str = ENDPOINT,
) -> int:
    """Record that these reports were sent as one request; return its number. `outcome` None: it is under way."""
    body = join([report.body for report in reports])
    begun = Departure(0, moment, endpoint, digest(body), len(body), len(reports), by_hand)
    with transaction(db):
        number = departures.begin(db, begun)
        if outcome is not Outcome.NOTHING_LEFT:
            departures.record_report_ids(db, number, [report.report_id for report in reports])
        if outcome is not None:
            departures.complete(
                db,
                number,
                ended=moment,
                outcome=outcome,
                status=_STATUS.get(outcome, 0) if status is None else status,
                failure=failure,
                taken=len(reports) if outcome.taken else 0,
                body=body,
            )
    return number
