"""What an ID could have named, for the error of one that names nothing. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from shimmy_metrics.records import Departure
from shimmy_metrics.report.bodies import field_values

DIGITS: Final = 8
"""Of a digest or a `session_id`, enough to tell a few reports apart."""

_LISTED: Final = 5


def report_choice(name: str, at: datetime, body: bytes) -> str:
    """Return a report as `5bcae7b0 (2026-11-29, 8 requests)`, by its digest or `session_id` and its local day."""
    requests = field_values(body).get("requests_per_session")
    return _choice(name, at, requests if isinstance(requests, int) else None, "request")


def session_choice(name: str, started: datetime, requests: int) -> str:
    """Return a session as `report_choice` does a report."""
    return _choice(name, started, requests, "request")


def departure_choice(departure: Departure) -> str:
    """Return a request that left as `5bcae7b0 (2026-11-29, 2 reports)`."""
    return _choice(departure.sha256, departure.ended or departure.begun, departure.reports, "report")


def could_be(kind: str, choices: Iterable[str], without: str) -> str:
    """Return what an ID could have named, behind what that is (`Receipts`); `without` where there is none."""
    found = listed(choices)
    return f"{kind}: {found}" if found else without


def listed(choices: Iterable[str]) -> str:
    """Return the first few of them, and how many more there are; empty without any."""
    each = list(dict.fromkeys(choices))  # a request that left twice is one
    more = f" and {len(each) - _LISTED:,} more" if len(each) > _LISTED else ""
    return f"{', '.join(each[:_LISTED])}{more}"


def _choice(name: str, at: datetime, number: int | None, noun: str) -> str:
    counted = "" if number is None else f", {number:,} {noun if number == 1 else f'{noun}s'}"
    return f"{name[:DIGITS]} ({at.astimezone().date()}{counted})"
