"""A person's hand on what is kept: release, hold back or delete a waiting report; delete the receipts."""

from shimmy_metrics.delivery.detach import start_sender
from shimmy_metrics.delivery.force import in_force
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.records import HELD_BY_HAND, Wait
from shimmy_metrics.store import outbox, receipts
from shimmy_metrics.store.database import forget, opened, transaction
from shimmy_metrics.system.profile import Profile


def release(profile: Profile, report: int) -> bool:
    """Mark a report (its number in the store) as due and start the sender; return False where it is gone.

    Raises `TroubleError` where nothing may leave now, or the sender cannot be started; the report then stays.
    """
    with opened(profile) as db:
        force = in_force(profile, db)
        if not force.sends:
            raise TroubleError("nothing may leave now", remedy="See the consent page for the reason")
        if outbox.get(db, report) is None:
            return False
        outbox.mark(db, report, Wait.DUE)
    try:
        start_sender(profile, by_hand=True)
    except OSError as error:
        remedy = "It stays and leaves with the next session"
        raise TroubleError("the sender could not be started", remedy=remedy) from error
    return True


def hold_back(profile: Profile, report: int) -> bool:
    """Keep a report that is due until a person releases it; return False where it is gone or not due.

    It stays held though later all others are sent at once. Raises `TroubleError`.
    """
    with opened(profile) as db, transaction(db):
        found = outbox.get(db, report)
        if found is None or found.wait is not Wait.DUE:
            return False
        outbox.mark(db, report, Wait.REVIEW, HELD_BY_HAND)
    return True


def delete(profile: Profile, report: int) -> bool:
    """Delete a waiting report for good; the chain notes that one was, not what was in it. False where it was gone.

    Raises `TroubleError`.
    """
    with opened(profile) as db:
        with transaction(db):
            gone = outbox.remove(db, report)
            if gone:
                receipts.append(db, at=profile.clock.now(), reports=1, note="deleted by you before it was sent")
        forget(db)
    return gone


def delete_receipts(profile: Profile) -> int:
    """Delete every receipt and note; return how many. Raises `TroubleError`."""
    with opened(profile) as db:
        with transaction(db):
            number = receipts.remove_all(db)
        forget(db)
    return number
