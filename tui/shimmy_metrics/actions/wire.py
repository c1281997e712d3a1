"""The request that would carry given reports and no others: its address and every header, for the person's eyes."""

from collections.abc import Sequence

from shimmy_metrics.delivery.request import Request, next_request
from shimmy_metrics.records import QueuedReport


def wire_request(reports: Sequence[QueuedReport], endpoint: str) -> Request:
    """Return the request as it stands on the wire where these reports, one or more, go together. Nothing is sent.

    Reports beyond its bounds are left out.
    """
    request = next_request(list(reports), endpoint)
    assert request is not None
    return request
