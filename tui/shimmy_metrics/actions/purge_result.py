"""What a deletion for want of consent deleted. A value."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shimmy_metrics.records import Departure
else:
    Departure = object  # where nothing is kept no record is loaded; why it is not quoted: see `actions.preview`


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
