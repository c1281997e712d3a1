"""Made-up sessions, facts and reports."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.records import QueuedReport, QueueState, Session
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.seal import Sealed, seal
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.tables import create
from shimmy_metrics.system.clock import Clock
from shimmy_metrics.system.profile import Profile

NOW: Final = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
SESSION_ID: Final = "c0ffee00-0000-4000-8000-00000000cafe"

FACTS: Final = Facts(
    system="linux",
    architecture="x64",
    memory_bytes=int(15.6 * 2**30),
    cores=12,
    gpu_vendor="nvidia",
    gpu_detected=True,
    region="emea",
    zone="Europe/Berlin",
)

COUNTERS: Final = Counters(
    requests=47,
    errors=2,
    tokens=2_350,
    sources={"reported": 40, "counted": 3},
    models=2,
    models_at_once=1,
    routes={"/v1/chat/completions": 44, "/v1/models": 3},
    clients={"openai-sdk": 40, "curl": 7},
    answers=47,
    answer_ms=58_609,
    generating_ms=50_000,
    startup_ms=812,
    peak_hour=15,
    minutes=(1, 3, 0, 6),
    uptime_s=7_321,
    memory_bytes=300_000_000,
)

SUMMED: Final = COUNTERS._replace(
    tokens_in=5_900, days={"2026-11-22": DaySums(7, 1, 350, 900), "2026-11-23": DaySums(40, 1, 2_000, 5_000)}
)
"""The same, with the sums of the two days on which it was counted."""


def today() -> date:
    """Return the day of `NOW`: that of a receiver of made-up reports."""
    return NOW.date()


def fixed(moment: datetime = NOW) -> Clock:
    """Return a clock that stands still."""
    return Clock(now=lambda: moment, monotonic=lambda: 1_000.0)


def profile(root: Path, **variables: str) -> Profile:
    """Return a profile below `root` with a clock that stands still at `NOW`."""
    return Profile.under(root, variables, fixed())


def session(session_id: str = SESSION_ID, *, consent_id: str = "", local: bool = False) -> Session:
    """Return a running session."""
    return Session(
        row_id=0,
        report_id=session_id,
        consent_id=consent_id,
        endpoint=ENDPOINT if consent_id else "",
        local=local,
        server="shimmy",
        version="2.6.5",
        address="http://127.0.0.1:11435",
        switch="",
        client_hint="",
        started=NOW,
        updated=NOW,
        ended=None,
        counters=COUNTERS,
    )


def measured(session_id: str = SESSION_ID, counters: Counters = COUNTERS, moment: datetime = NOW) -> Measured:
    """Return a measured session: a day's and a month's first."""
    return Measured(
        session_id, moment, "2.6.5", SCHEMA_VERSION, counters, FACTS, None, first_of_day=True, first_of_month=True
    )


def sealed(session_id: str = SESSION_ID, counters: Counters = COUNTERS, moment: datetime = NOW) -> Sealed:
    """Return a sealed report."""
    return seal(build(measured(session_id, counters, moment)))


def queued(
    session_id: str = SESSION_ID,
    state: QueueState = QueueState.DUE,
    moment: datetime = NOW,
    *,
    consent_id: str = "",
    endpoint: str = ENDPOINT,
) -> QueuedReport:
    """Return a sealed report as the outbox holds it."""
    made = sealed(session_id, moment=moment)
    raw = raw_values(measured(session_id))
    return QueuedReport(0, session_id, made.body, made.sha256, moment, state, raw, consent_id, endpoint)


@contextlib.contextmanager
def memory_store() -> Iterator[Database]:
    """Yield an empty store in memory, a hundred times as fast as one on disk."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create(db)
        yield db
    finally:
        db.close()
