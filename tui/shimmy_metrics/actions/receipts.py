"""Delete the bytes of all receipts, and the ids of what left, at a person's request."""

from collections.abc import Iterable
from typing import NamedTuple

from shimmy_metrics.actions.history import read_history
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.entries import named_without_receipt
from shimmy_metrics.records import Departure
from shimmy_metrics.store import departures, outbox, sessions
from shimmy_metrics.store.database import Database, opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.readonly import open_readonly, unread_error
from shimmy_metrics.system.profile import Profile


class Deletable(NamedTuple):
    """What can be deleted: receipts, newest first; how many attempts and recalls without one have ids that go."""

    receipts: tuple[Departure, ...]
    attempts: int


class ReceiptsDeleted(NamedTuple):
    """How many receipts' bytes were deleted, and of how many attempts and recalls without one the ids."""

    receipts: int = 0
    attempts: int = 0


def deletable(profile: Profile) -> Deletable:
    """Return what can be deleted. Raises `UserError`, also for an unread store."""
    history = read_history(profile)
    if history.unread:
        raise unread_error()
    with open_readonly(profile, off=not read_consent(profile).measures) as db:
        here = set() if db is None else _here(db)
    receipts = tuple(departure for departure in history.departures if departure.body)
    return Deletable(receipts, named_without_receipt(history.entries, here))


def delete_receipts(profile: Profile, receipts: Iterable[Departure]) -> ReceiptsDeleted:
    """Delete the bytes of these receipts, which the person was asked about, and the ids of what is not here any more.

    A receipt that came since stays whole. When, where to and each digest stay on record. Return of how many there was
    something left to delete. Raises `UserError`.
    """
    rows = {each.row_id for each in receipts}
    with opened(profile, for_deletion=True) as db:

        def delete() -> ReceiptsDeleted:
            before = departures.everything(db)
            number = departures.delete_receipts(db, profile.clock.now(), rows, _here(db))
            ids = {each.row_id: each.report_ids for each in departures.everything(db)}
            attempts = sum(not each.body and ids[each.row_id] != each.report_ids for each in before)
            return ReceiptsDeleted(number, attempts)

        return erase(db, store_path(profile), delete)


def _here(db: Database) -> set[str]:
    """Return the ids of the reports that are still here: of these it stays known whether they were ever sent."""
    return {each.report_id for each in outbox.everything(db)} | {each.report_id for each in sessions.kept(db)}
