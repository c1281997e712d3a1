"""A deletion that is owed: undelivered data for which there is no consent (any more).

The config was deleted, or changed by hand, while the store still holds running counters or reports. Whoever looks next
deletes them, once. A config that cannot be read decides nothing, so nothing is deleted then.
"""

from dataclasses import dataclass

from shimmy_metrics.config.file import load, present
from shimmy_metrics.consent import Consent
from shimmy_metrics.delivery.turn import stop_sender
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, forget, looked_at, opened, transaction
from shimmy_metrics.system.profile import Profile


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted: sealed reports, and requests that running sessions had counted.

    `whole` is False where old pages could not be dropped from the store's log at once; they go with the next write.
    """

    reports: int = 0
    requests: int = 0
    whole: bool = True


def settle(profile: Profile) -> Deleted:
    """Delete what may not be kept under the decision as it stands. Raises `TroubleError`."""
    decision = load(profile).decision
    if decision.consent is Consent.GRANTED and present(profile):
        return Deleted()
    with looked_at(profile, off=not decision.local) as db:
        owed = db is not None and _owed(db, local=decision.local)
    if not owed:
        return Deleted()
    stop_sender(profile)
    with opened(profile) as db:
        with transaction(db):
            requests = 0
            for session in sessions.running(db):
                if not (decision.local and session.local):
                    requests += session.counters.requests
                    sessions.remove(db, session.id)
            reports = outbox.remove_all(db)
        return Deleted(reports, requests, forget(db))


def _owed(db: Database, *, local: bool) -> bool:
    return bool(outbox.everything(db)) or any(not (local and session.local) for session in sessions.running(db))
