"""Delete the bytes of all receipts, at a person's request."""

from collections.abc import Iterable

from shimmy_metrics.actions.history import read_history
from shimmy_metrics.records import Departure
from shimmy_metrics.store import departures, outbox, sessions
from shimmy_metrics.store.database import opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.store.readonly import unread_error
from shimmy_metrics.system.profile import Profile


def kept_receipts(profile: Profile) -> list[Departure]:
    """Return the departures of which the bytes are kept, newest first. Raises `UserError`, also for an unread store."""
    history = read_history(profile)
    if history.unread:
        raise unread_error()
    return [departure for departure in history.departures if departure.body]


def delete_receipts(profile: Profile, receipts: Iterable[Departure]) -> int:
    """Delete the bytes of these receipts, which the person was asked about; return how many of them were still kept.

    One that came since stays. When, where to and each digest stay on record. Raises `UserError`.
    """
    rows = {each.row_id for each in receipts}
    with opened(profile, for_deletion=True) as db:

        def delete() -> int:
            # Of what is still here it stays known whether it was ever sent.
            here = {each.report_id for each in outbox.everything(db)} | {each.report_id for each in sessions.kept(db)}
            return departures.delete_receipts(db, profile.clock.now(), rows, here)

        return erase(db, store_path(profile), delete)
