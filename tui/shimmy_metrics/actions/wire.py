"""The request that would carry one report by itself: its address and every header, for the person's eyes."""

from shimmy_metrics.consent import Standing
from shimmy_metrics.delivery.request import Request, headers
from shimmy_metrics.records import Pending


def wire_request(report: Pending, standing: Standing) -> Request:
    """Return the request as it would stand on the wire if this report went alone. Nothing is sent."""
    url = standing.endpoint
    return Request(url, headers(url, len(report.body)), report.body, (report,))
