"""A person's hand on receipts: delete the bytes of all of them."""

from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.system.profile import Profile


def delete_receipts(profile: Profile) -> int:
    """Delete the bytes of every receipt; return how many there were.

    That something left, when, where to and with which digest stays on record. Raises `UserError`.
    """
    with opened(profile, for_deletion=True) as db:

        def delete() -> int:
            queued = [report.report_id for report in outbox.everything(db)]
            return departures.delete_receipts(db, profile.clock.now(), queued)

        return erase(db, store_path(profile), delete)
