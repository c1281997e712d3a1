"""Queued reports in a home's outbox, as ended sessions leave them, without running a server for each."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from shimmy_metrics import delivery
from shimmy_metrics.config.file import load
from shimmy_metrics.delivery.backoff import AT_START, session_ended
from shimmy_metrics.records import QueuedReport, QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened, set_meta, transaction
from support import samples
from support.installed import UNHURRIED, Home

FIRST: Final = "c0ffee00-0000-4000-8000-000000000001"
SECOND: Final = "c0ffee00-0000-4000-8000-000000000002"
THIRD: Final = "c0ffee00-0000-4000-8000-000000000003"

SENDER: Final = Path(delivery.__file__).with_name("__main__.py")


def queue_report(
    home: Home, report_id: str = FIRST, state: QueueState = QueueState.DUE, *, days: int = 0, endpoint: str = ""
) -> QueuedReport:
    """Put a report into the outbox, sealed `days` ago under the decision in the home's config; return it.

    `endpoint` is the one agreed to then, by default the one agreed to now.
    """
    decision = load(home.profile).decision
    report = samples.queued(
        report_id,
        state,
        datetime.now(UTC) - timedelta(days=days),
        consent_id=decision.consent_id,
        endpoint=endpoint or decision.endpoint,
    )
    with opened(home.profile) as db:
        outbox.add(db, report)
        set_meta(db, AT_START, "no")
    return report


def end_session(home: Home, *, unhurried: bool = True) -> None:
    """Run a sender to its end, as the end of a session does if reports are due; not `unhurried`: for 5 s at most."""
    with opened(home.profile) as db, transaction(db):
        session_ended(db)
    home.run_program([*(UNHURRIED if unhurried else (sys.executable, "-P")), str(SENDER)])
