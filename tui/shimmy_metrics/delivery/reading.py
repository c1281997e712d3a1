"""Reading the store together with whether a sender is at work: what it left open means nothing without that."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from shimmy_metrics.consent.state import Consent, Decision
from shimmy_metrics.delivery.sender_lock import sending
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.records import QueuedReport


class Reading(NamedTuple):
    """A copy of the store, None where there is none or it is not read, and whether a sender was at work meanwhile."""

    db: Database | None
    sending: bool


@contextlib.contextmanager
def read_with_sender(profile: Profile, *, off: bool) -> Iterator[Reading]:
    """Copy the store as `open_readonly` does, with its parameters and errors.

    A sender is looked for before and after copying: one that began or ended meanwhile was at work on what the copy
    shows as open.
    """
    before = sending(profile)
    with open_readonly(profile, off=off) as db:
        yield Reading(db, before or sending(profile))


def being_sent(db: Database, now: datetime, *, at_work: bool) -> bool:
    """Whether a sender is at work and sends reports, or is about to: for a moment it is still there when that is done.

    A recall holds the sender's lock meanwhile, and sends none.
    """
    if not at_work:
        return False
    # Without a store none of them is needed.
    from shimmy_metrics.delivery.backoff import attempt_due
    from shimmy_metrics.records import DepartureKind
    from shimmy_metrics.store import departures, outbox, releases

    under_way = departures.under_way(db)
    if under_way:
        return all(departure.kind is DepartureKind.REPORTS for departure in under_way)
    return bool(releases.released(db, now)) or (attempt_due(db) and bool(outbox.due(db)))


def outbox_for_sender(copy: Database, decision: Decision) -> "tuple[QueuedReport, ...]":
    """Return all queued reports as the next sender has them, oldest first.

    That sender holds reports that were made under another yes, and so does this in the copy of the store: a yes that
    somebody wrote into the config has held nothing yet.
    """
    from shimmy_metrics.store import outbox

    if decision.consent is Consent.GRANTED:
        outbox.hold_others(copy, decision.consent_id, decision.endpoint)
    return tuple(outbox.everything(copy))
