"""What the receiver answers to a body, without a receiver."""

import json
from datetime import UTC, date, datetime

from shimmy_metrics.receiver.response import Response, compose, judge
from shimmy_metrics.receiver.store import Outcome


def respond(body: bytes) -> Response:
    """Return the answer of a receiver that has nothing yet, on the day of the body's first report."""
    judged = judge(body, _day(body))
    return judged if isinstance(judged, Response) else compose(judged, [Outcome.STORED] * len(judged.accepted), None)


def _day(body: bytes) -> date:
    try:
        parsed = json.loads(body)
        report = parsed[0] if isinstance(parsed, list) else parsed
        return datetime.fromisoformat(report["timestamp"]).date()
    except (ValueError, LookupError, TypeError, RecursionError):
        return datetime.now(UTC).date()
