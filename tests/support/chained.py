"""Departures and notes in a chain, made by one line."""

from datetime import timedelta

from shimmy_metrics.records import Departure, Failure, NoteKind, Outcome
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, departures
from shimmy_metrics.store.database import Database
from support.samples import NOW

URL = "https://receiver.example/v1/usage"


BODY = b"the request's own bytes"


def send(
    db: Database,
    outcome: Outcome | None,
    failure: Failure = Failure.NONE,
    *,
    body: bytes = BODY,
    endpoint: str = URL,
    minutes: int = 0,
) -> int:
    """Add a departure; None leaves it under way."""
    begun = NOW + timedelta(minutes=minutes)
    number = departures.begin(db, Departure(0, begun, endpoint, digest(body), len(body), 1, by_hand=False))
    departures.record_report_ids(db, number, ["a report"])
    if outcome is not None:
        taken = 1 if outcome.taken else 0
        departures.complete(
            db, number, ended=begun, outcome=outcome, status=200 * taken, failure=failure, taken=taken, body=body
        )
    return number


def note(db: Database, kind: NoteKind = NoteKind.DELETED, number: int = 1) -> None:
    chain.add_note(db, at=NOW, kind=kind, number=number)
