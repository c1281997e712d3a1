"""A profile that agreed, with reports in its outbox."""

from pathlib import Path

from shimmy_metrics.actions.decide import enable, hold
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.records import Cause, QueuedReport, QueueState
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened as store
from support import opened, samples

IDS = tuple(f"c0ffee00-0000-4000-8000-{number:012}" for number in range(1, 5))


def waiting(root: Path, *states: QueueState, endpoint: str = ENDPOINT, cause: Cause = Cause.NONE) -> list[QueuedReport]:
    """Agree, and put a report into the outbox for each of these states."""
    profile = opened.profile_of(root)
    enable(profile)
    if QueueState.HELD_BY_MODE in states:
        hold(profile, review=True)
    consent_id = load(profile).decision.consent_id
    with store(profile) as db:
        for report_id, state in zip(IDS, states, strict=False):
            report = samples.queued(report_id, state, consent_id=consent_id, endpoint=endpoint)
            outbox.add(db, report._replace(cause=cause))
        return outbox.everything(db)
