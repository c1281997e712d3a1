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
    """All that is on record, newest first; how many attempts and recalls without a receipt have ids that go."""

    departures: tuple[Departure, ...]
    attempts: int

    @property
    def receipts(self) -> tuple[Departure, ...]:
        """Those whose bytes are kept."""
        return tuple(departure for departure in self.departures if departure.body)


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
    on_record = tuple(entry for entry in history.entries if isinstance(entry, Departure))
    return Deletable(on_record, named_without_receipt(history.entries, here))


def delete_receipts(profile: Profile, asked: Iterable[Departure]) -> ReceiptsDeleted:
    """Delete the bytes of what the person was asked about, and the ids in it of what is not here any more.

    What left since stays whole. When, where to and each digest stay on record. Return of how many there was something
    left to delete. Raises `UserError`.
    """
    rows = {each.row_id for each in asked}
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
