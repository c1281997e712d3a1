"""The deletion of what was not delivered, in one transaction. When it is made, `purge` decides."""

from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.delivery.backoff import AT_START, FAILURES, NO_ATTEMPT_LEFT, SKIPPED
from shimmy_metrics.delivery.sender_lock import sending
from shimmy_metrics.records import Departure, Session
from shimmy_metrics.store import days, departures, outbox, sessions
from shimmy_metrics.store.database import Database, delete_meta, opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.releases import RELEASED
from shimmy_metrics.system.profile import Profile


def delete_undelivered(profile: Profile, *, local: bool) -> tuple[PurgeResult, Departure | None]:
    """Delete what was not delivered; return what that was, and the newest departure.

    `local`: keep for the person what can be kept. Raises `UserError`.
    """
    with opened(profile, for_deletion=True) as db:
        result = erase(db, store_path(profile), lambda: _delete(profile, db, local=local))
        sessions.clear_locks(profile)
        return result, departures.last(db)


def _delete(profile: Profile, db: Database, *, local: bool) -> PurgeResult:
    """Delete, within the caller's transaction."""
    if not sending(profile):  # asked here: a recall may have begun since the last sender ended
        departures.complete_abandoned(db, profile.clock.now())
    queued = outbox.everything(db)
    carried = departures.last_carrying(db, [report.report_id for report in queued])
    sent_before = {
        each.row_id: (each, sum(other.row_id == each.row_id for other in carried.values())) for each in carried.values()
    }
    unrecorded = sum(each.unrecorded and each.report_id not in carried for each in queued)
    leaving: list[Session] = []
    kept = summed = 0
    if local:
        kept = len(queued)
        sessions.keep_locally(db)
    else:
        leaving = sessions.everything(db)
        summed = len(days.everything(db))
        sessions.remove_all(db)
        if summed:  # else its page would be written all the same, which takes room
            days.remove_all(db)
        delete_meta(db, AT_START)  # what the last measured server was goes with its figures
    outbox.remove_all(db)
    # There is nothing left to send, or to try again.
    delete_meta(db, FAILURES, SKIPPED, NO_ATTEMPT_LEFT, RELEASED)
    return PurgeResult(
        reports=0 if local else len(queued) - len(carried) - unrecorded,
        unrecorded=0 if local else unrecorded,
        sent_before=tuple(sent_before.values()),
        kept=kept,
        sessions=sum(session.ended is not None and session.local for session in leaving),
        requests=sum(session.counters.requests for session in leaving if session.ended is None),
        days=summed,
    )
