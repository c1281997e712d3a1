"""A departure, as JSON for a program. Pure."""

from shimmy_metrics.records import Departure, DepartureKind


def departure_json(departure: Departure) -> dict[str, object]:
    """Return a departure for a program; `outcome` is null while it is under way."""
    return {
        "kind": "recall" if departure.kind is DepartureKind.RECALL else "departure",
        "begun": departure.begun.isoformat(),
        "ended": departure.ended and departure.ended.isoformat(),
        "endpoint": departure.endpoint,
        "outcome": departure.outcome and departure.outcome.value,
        "status": departure.status or None,
        "failure": departure.failure.value or None,
        "reports": departure.reports,
        "taken": departure.taken,
        "bytes": departure.length,
        "sha256": departure.sha256,
        "by_hand": departure.by_hand,
        "attempts": departure.attempts,
    }
