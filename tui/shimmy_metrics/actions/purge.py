"""Delete undelivered reports and counters for which there is no consent, or no longer.

A withdrawal does it at once. If the config was deleted or changed by hand instead, the next command that reads it
does. A config that cannot be read, or that others may write, decides nothing: nothing is deleted then, or sent.
"""

from typing import Final, NamedTuple

from shimmy_metrics.config.codec import Document
from shimmy_metrics.config.file import load
from shimmy_metrics.config.read_consent import consent_of, unusable
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.delivery.backoff import AT_START, FAILURES, NO_ATTEMPT_LEFT, SKIPPED
from shimmy_metrics.delivery.sender_lock import sending, wait_until_gone
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, DepartureKind, Session
from shimmy_metrics.store import days, departures, outbox, sessions
from shimmy_metrics.store.database import Database, delete_meta, get_meta, opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.readonly import open_readonly, unread, unwiped
from shimmy_metrics.store.releases import RELEASED
from shimmy_metrics.system.profile import Profile

SENDER_END_SECONDS: Final = 1.0
"""How long a withdrawal waits for a sender, which ends by itself within 20 ms of seeing the no."""


class PurgeResult(NamedTuple):
    """What was deleted, and what of it had been sent before.

    `reports` were never sent; of `unrecorded` ones an earlier version kept no record of that; `sent_before` are the
    departures that had carried deleted reports, each with how many of them. `kept` reports became sessions kept for the
    person. `sessions` were kept for the person, `requests` had been counted by running sessions, and `days` had sums of
    the person's own. `delivered` is what a sender at work still delivered. `may_leave_to` is the endpoint to which a
    report may still be sent because a sender did not end in time; empty otherwise.
    """

    reports: int = 0
    unrecorded: int = 0
    sent_before: tuple[tuple[Departure, int], ...] = ()
    kept: int = 0
    sessions: int = 0
    requests: int = 0
    days: int = 0
    delivered: Departure | None = None
    may_leave_to: str = ""


class ConsentReading(NamedTuple):
    """What is in force, by one read of the config, and what was deleted for want of consent.

    `troubles` are lines about a config, endpoint or store that cannot be used. `unusable` tells that it is the config
    or the endpoint, so that whatever was decided is not in force, `store_unusable` that it is the store.
    """

    consent: EffectiveConsent
    purged: PurgeResult = PurgeResult()
    troubles: tuple[str, ...] = ()
    unusable: Unusable | None = None
    store_unusable: bool = False


def read_consent_and_purge(profile: Profile) -> ConsentReading:
    """Return what is in force, and delete what may not be kept under it. Never raises."""
    reading = ConsentReading(EffectiveConsent(Decision(), profile.environment.switch))
    try:
        document = load(profile)
    except UserError as error:  # a config that cannot be read decides nothing: nothing is deleted
        return reading._replace(troubles=(str(error),), unusable=unusable(profile, error))
    try:
        reading = reading._replace(consent=consent_of(profile, document))
    except UserError as error:
        reading = reading._replace(troubles=(str(error),), unusable=unusable(profile, error))
    try:
        return reading._replace(purged=purge_under(profile, document))
    except UserError as error:
        return reading._replace(troubles=(*reading.troubles, str(error)), store_unusable=True)


def purge_without_consent(profile: Profile) -> PurgeResult:
    """Delete what may not be kept under the decision as it stands. Raises `UserError`."""
    return purge_under(profile, load(profile))


def purge_under(profile: Profile, document: Document) -> PurgeResult:
    """Delete what may not be kept under a config that was read. Raises `UserError`."""
    if document.decision.consent is Consent.GRANTED or document.distrust:
        return PurgeResult()
    return purge(profile, local=document.decision.local)


def purge(profile: Profile, *, local: bool) -> PurgeResult:
    """Wait until no sender is at work, then delete what was not delivered.

    `local`: keep for the person what can be kept. Without anything to delete nothing is written. Raises `UserError`.
    """
    began = profile.clock.now()
    at_work = sending(profile)
    if not at_work and not _needs_purge(profile, local=local):
        return PurgeResult()
    gone = wait_until_gone(profile, SENDER_END_SECONDS)
    with opened(profile, for_deletion=True) as db:
        result = erase(db, store_path(profile), lambda: _delete(profile, db, local=local, gone=gone))
        sessions.clear_locks(profile)
        if not at_work:
            return result
        last = departures.last(db)
    if last is None:
        return result
    if not gone:
        recalls = last.kind is DepartureKind.RECALL and last.ended is None  # a recall has the sender's lock meanwhile
        return result if recalls else result._replace(may_leave_to=last.endpoint)
    return result._replace(delivered=last if last.receipt and last.ended and last.ended >= began else None)


def _delete(profile: Profile, db: Database, *, local: bool, gone: bool) -> PurgeResult:
    """Delete, within the caller's transaction."""
    if gone:
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
        for session in leaving:
            sessions.remove(db, session.row_id)
        summed = len(days.everything(db))
        if summed:  # else its page would be written all the same, which takes room
            days.remove_all(db)
    outbox.remove_all(db)
    # There is nothing left to send, or to try again.
    delete_meta(db, FAILURES, SKIPPED, NO_ATTEMPT_LEFT, RELEASED, AT_START)
    return PurgeResult(
        reports=0 if local else len(queued) - len(carried) - unrecorded,
        unrecorded=0 if local else unrecorded,
        sent_before=tuple(sent_before.values()),
        kept=kept,
        sessions=sum(session.ended is not None and session.local for session in leaving),
        requests=sum(session.counters.requests for session in leaving if session.ended is None),
        days=summed,
    )


def _needs_purge(profile: Profile, *, local: bool) -> bool:
    """Whether there is something to delete. A store that cannot be read without writing counts as that."""
    if unwiped(profile) or (not local and unread(profile)):
        return True
    with open_readonly(profile, off=not local) as db:
        if db is None:
            return False
        own = not local and (sessions.everything(db) or days.everything(db))
        return bool(outbox.everything(db) or get_meta(db, FAILURES) or own)
