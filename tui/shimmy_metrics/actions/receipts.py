"""Delete the bytes of all receipts, at a person's request."""

from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened, store_path
from shimmy_metrics.store.erase import erase
from shimmy_metrics.system.profile import Profile


def delete_receipts(profile: Profile) -> int:
    """Delete the bytes of every receipt; return how many there were.

    When, where to and each digest stay on record. Raises `UserError`.
    """
    with opened(profile, for_deletion=True) as db:

        def delete() -> int:
            queued = [report.report_id for report in outbox.everything(db)]
            return departures.delete_receipts(db, profile.clock.now(), queued)

        return erase(db, store_path(profile), delete)
