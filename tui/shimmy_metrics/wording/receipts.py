"""The receipts of some days, and what they prove. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

CHECKED_BY: Final = "shimmy-metrics validate FILE computes each again."

_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)


class Period(NamedTuple):
    """Local days, from the first to the last, both included, by the name that people use. `dates`: empty for all."""

    name: str
    first: date
    last: date
    dates: str = ""

    def holds(self, day: date) -> bool:
        """Whether a day is one of these."""
        return self.first <= day <= self.last


def periods(today: date) -> Iterator[Period]:
    """Yield what "last week" may mean: seven days up to today, the week before this one (ISO 8601); then all days."""
    first, monday = today - _WEEK + _DAY, today - timedelta(days=today.weekday())
    yield _named("the last 7 days", first, today)
    yield _named("last week", monday - _WEEK, monday - _DAY)
    yield Period("all days", date.min, date.max)


def digests_answered(confirmed: int, receipts: int) -> str:
    """Return of how many receipts the receiver computed the digest as well, as a sentence."""
    if confirmed == receipts:
        return "The sha256 of each body is the digest that its receiver answered with."
    if confirmed:
        return f"For {confirmed:,} of {receipts:,} the receiver answered with the body's sha256, for others it did not."
    return "No receiver answered with the body's sha256: each beside its body was computed here."


def _named(name: str, first: date, last: date) -> Period:
    begins = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return Period(name, first, last, f"{begins} to {last.day} {last:%b}")
