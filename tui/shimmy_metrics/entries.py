"""What the entries of the history come to: sends apart from recalls, and what was taken and recalled in all. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Departure, DepartureKind, Entry, Note

_LATE_SECONDS: Final = 1.0
"""What recording the outcome may take on a busy machine."""

_Request = tuple[str, str]
"""The address and the digest of what was sent there: a recall has those of the request that it recalls."""


def taken_in_all(entries: Iterable[Entry]) -> int:
    """Return how many reports a receiver took, those of folded departures among them."""
    return sum(each.taken for each in entries if isinstance(each, Note) or each.kind is DepartureKind.REPORTS)


def recalled_in_all(entries: Iterable[Entry]) -> int:
    """Return of how many reports a receiver confirmed the deletion; a request recalled again counts once."""
    return sum(_recalled(entries).values())


def recalled_of_taken(entries: Iterable[Entry]) -> int:
    """Return how many of them a receiver had taken before, as far as that is on record."""
    known = list(entries)
    taken: dict[_Request, int] = {}
    for each in sends(known):
        taken[_request(each)] = max(each.taken, taken.get(_request(each), 0))
    return sum(min(number, taken.get(request, 0)) for request, number in _recalled(known).items())


def _recalled(entries: Iterable[Entry]) -> dict[_Request, int]:
    recalled: dict[_Request, int] = {}
    for each in entries:
        if isinstance(each, Departure) and each.kind is DepartureKind.RECALL:
            recalled[_request(each)] = max(each.taken, recalled.get(_request(each), 0))
    return recalled


def _request(departure: Departure) -> _Request:
    return departure.endpoint, departure.sha256


def sends(entries: Iterable[Entry]) -> tuple[Departure, ...]:
    """Return the attempts to send reports, in their order: no note, no recall."""
    return tuple(each for each in entries if isinstance(each, Departure) and each.kind is DepartureKind.REPORTS)


def named_without_receipt(entries: Iterable[Entry], here: Iterable[str]) -> int:
    """Return how many attempts and recalls have no bytes but ids of reports that are not `here` any more."""
    kept = set(here)
    bare = (each for each in entries if isinstance(each, Departure) and not each.body)
    return sum(not kept.issuperset(each.report_ids) for each in bare)


def sender_late(entries: Iterable[Entry], now: datetime) -> bool:
    """Whether a request is under way for longer than a sender may live: its process is stopped, or held up."""
    latest = timedelta(seconds=SEND_SECONDS + _LATE_SECONDS)
    return any(departure.ended is None and now - departure.begun > latest for departure in sends(entries))


def recall_of(entries: Iterable[Entry], departure: Departure) -> Departure | None:
    """Return the newest recall of a request among the entries, newest first; None where it was not recalled."""
    if departure.kind is not DepartureKind.REPORTS:
        return None
    recalls = (each for each in entries if isinstance(each, Departure) and each.kind is DepartureKind.RECALL)
    its_own = (each for each in recalls if _request(each) == _request(departure))
    return next(its_own, None)
