"""A session as it would be sealed at a moment, and an example in which nothing happened."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.report.measured import Measured, is_later
from shimmy_metrics.store.database import Database, get_meta

if TYPE_CHECKING:
    from shimmy_metrics.records import Session  # an example has none

ACTIVE_DAY: Final = "active-day"
MACHINE_MONTH: Final = "machine-month"
"""Names in the store's `meta`: the UTC day and month of the last report that told them. Kept through a withdrawal, so
that neither is told twice."""

_NO_SESSION: Final = "00000000-0000-4000-8000-000000000000"
"""What stands for a session's id in an example: a UUIDv4 of zeros."""


def measured(db: Database | None, session: "Session", facts: Facts, *, now: datetime, schema_version: int) -> Measured:
    """Return the session as it would be sealed at `now`."""
    return Measured(
        session_id=session.report_id,
        sealed=now,
        version=session.version,
        schema_version=schema_version,
        counters=session.counters,
        facts=facts,
        client_hint=session.client_hint or None,
        first_of_day=_first_of_day(db, now),
        first_of_month=_first_of_month(db, now),
    )


def example_report(facts: Facts, now: datetime, schema_version: int, db: Database | None = None) -> Measured:
    """Return the values of a session in which nothing happened, on this machine, after the reports sealed in `db`."""
    return Measured(
        session_id=_NO_SESSION,
        sealed=now,
        version="",
        schema_version=schema_version,
        counters=Counters(),
        facts=facts,
        client_hint=None,
        first_of_day=_first_of_day(db, now),
        first_of_month=_first_of_month(db, now),
    )


def _first_of_day(db: Database | None, now: datetime) -> bool:
    return db is None or is_later(get_meta(db, ACTIVE_DAY), f"{now:%Y-%m-%d}")


def _first_of_month(db: Database | None, now: datetime) -> bool:
    return db is None or is_later(get_meta(db, MACHINE_MONTH), f"{now:%Y-%m}")
