"""Delete undelivered reports and counters for which there is no consent, or no longer.

A withdrawal does it at once. If the config was deleted or changed by hand instead, the next command that reads it
does. A config that cannot be read, or that others may write, decides nothing: nothing is deleted then, or sent.
"""

import contextlib
from typing import Final, NamedTuple

from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.config.codec import Document
from shimmy_metrics.config.file import load
from shimmy_metrics.config.read_consent import consent_of, unusable
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.state import Consent, Decision, untrusted
from shimmy_metrics.delivery.sender_lock import sending, wait_until_gone
from shimmy_metrics.errors import UserError
from shimmy_metrics.store.database import get_meta
from shimmy_metrics.store.readonly import open_readonly, unread, unwiped
from shimmy_metrics.system.profile import Profile

SENDER_END_SECONDS: Final = 1.0
"""How long a withdrawal waits for a sender, which ends by itself within 20 ms of seeing the no."""


class ConsentReading(NamedTuple):
    """What is in force, by one read of the config, and what was deleted for want of consent.

    `troubles` are lines about a config, endpoint or store that cannot be used. `unusable` tells that it is the config
    or the endpoint, so that whatever was decided is not in force (of an answer only a no is told then),
    `store_unusable` that it is the store.
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
        with contextlib.suppress(UserError):  # the address in force is the environment's all the same
            reading = reading._replace(consent=consent_of(profile, Document({}, Decision())))
        return reading._replace(troubles=(str(error),), unusable=unusable(profile, error))
    try:
        reading = reading._replace(consent=consent_of(profile, document))
    except UserError as error:
        consent = reading.consent._replace(decision=untrusted(document.decision))  # a no stands, whatever is set
        reading = reading._replace(consent=consent, troubles=(str(error),), unusable=unusable(profile, error))
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
    from shimmy_metrics.actions.deletion import delete_undelivered  # what writes the store: a look rarely has to
    from shimmy_metrics.records import DepartureKind

    gone = wait_until_gone(profile, SENDER_END_SECONDS)
    result, last = delete_undelivered(profile, local=local)
    if not at_work or last is None:
        return result
    if not gone:
        recalls = last.kind is DepartureKind.RECALL and last.ended is None  # a recall has the sender's lock meanwhile
        return result if recalls else result._replace(may_leave_to=last.endpoint)
    return result._replace(delivered=last if last.receipt and last.ended and last.ended >= began else None)


def _needs_purge(profile: Profile, *, local: bool) -> bool:
    """Whether there is something to delete. A store that cannot be read without writing counts as that."""
    if unwiped(profile) or (not local and unread(profile)):
        return True
    with open_readonly(profile, off=not local) as db:
        if db is None:
            return False
        from shimmy_metrics.delivery.backoff import AT_START, FAILURES  # as below: with all that only a store needs
        from shimmy_metrics.store import days, outbox, sessions

        own = not local and (sessions.everything(db) or days.everything(db) or get_meta(db, AT_START))
        return bool(outbox.everything(db) or get_meta(db, FAILURES) or own)
