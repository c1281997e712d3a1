"""A deletion that is owed: undelivered data for which there is no consent (any more).

The config was deleted, or changed by hand, while the store still holds running counters or reports. Whoever looks next
deletes them, once. A config that cannot be read decides nothing, so nothing is deleted then.
"""

from typing import NamedTuple

from shimmy_metrics.config.file import load, present
from shimmy_metrics.consent import Consent
from shimmy_metrics.delivery.turn import stop_sender
from shimmy_metrics.records import Session
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import Database, forget, looked_at, opened, transaction, unread_log
from shimmy_metrics.system.profile import Profile


class Deleted(NamedTuple):
    """What was deleted: sealed reports, sessions kept for the person, and requests that running sessions had counted.

    `whole` is False where old pages could not be dropped from the store's log at once; they go with the next write.
    """

    reports: int = 0
    sessions: int = 0
    requests: int = 0
    whole: bool = True


def settle(profile: Profile) -> Deleted:
    """Delete what may not be kept under the decision as it stands. Raises `TroubleError`."""
    decision = load(profile).decision
    if decision.consent is Consent.GRANTED and present(profile):
        return Deleted()
    with looked_at(profile, off=not decision.local) as db:
        # What a killed process left in the store's log is not seen by a look that writes nothing, but it is held.
        unseen = not decision.local and unread_log(profile)
        owed = unseen or (db is not None and _owed(db, local=decision.local))
    if not owed:
        return Deleted()
    stop_sender(profile)
    with opened(profile) as db:
        with transaction(db):
            leaving = _leaving(db, local=decision.local)
            for session in leaving:
                sessions.remove(db, session.id)
            reports = outbox.remove_all(db)
        sessions.clear_locks(profile)
        running = [session for session in leaving if session.ended is None]
        requests = sum(session.counters.requests for session in running)
        return Deleted(reports, len(leaving) - len(running), requests, forget(db))


def _leaving(db: Database, *, local: bool) -> list[Session]:
    """Return the sessions that may not be kept. Only for the person: those that were to become a report."""
    everything = [*sessions.running(db), *sessions.kept(db)]
    return [session for session in everything if not (local and session.local)]


def _owed(db: Database, *, local: bool) -> bool:
    return bool(outbox.everything(db) or _leaving(db, local=local))
