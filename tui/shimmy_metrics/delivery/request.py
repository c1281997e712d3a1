"""The requests: which reports one carries or recalls, and every header as it is on the wire. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from shimmy_metrics.consent.endpoint import host_of
from shimmy_metrics.limits import REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.report.seal import digest, join

if TYPE_CHECKING:
    from shimmy_metrics.records import QueuedReport
else:
    QueuedReport = object  # the request of an example carries none

METHOD: Final = "POST"
RECALL_METHOD: Final = "DELETE"
OPERATOR_METHOD: Final = "GET"
OPERATOR_PATH: Final = "/v1/operator"


class Request(NamedTuple):
    """Everything that goes over the wire. `reports` are those in the body, in its order."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    reports: tuple[QueuedReport, ...]
    method: str = METHOD

    @property
    def sha256(self) -> str:
        """The body's digest."""
        return digest(self.body)


def next_request(due: list[QueuedReport], endpoint: str) -> Request | None:
    """Return the request that carries the oldest reports that fit, or None where none is due."""
    taken: list[QueuedReport] = []
    size = len(b"[]")
    for report in due[:REQUEST_REPORTS]:
        size += len(report.body) + len(b",")
        if size > REQUEST_BYTES:
            break
        taken.append(report)
    if not taken:
        return None
    body = join([report.body for report in taken])
    return Request(endpoint, headers(endpoint, len(body)), body, tuple(taken))


def headers(endpoint: str, length: int) -> tuple[tuple[str, str], ...]:
    """Return every header of the request, in order. None tells anything about the machine or this program's version."""
    return (
        ("Host", host_of(endpoint)),
        ("Content-Type", "application/json"),
        ("Content-Length", str(length)),
        ("User-Agent", "shimmy-metrics"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    )


def recall_requests(endpoint: str, report_ids: Sequence[str]) -> tuple[Request, ...]:
    """Return the requests that ask an endpoint's receiver to delete these reports, one each, over one connection."""
    from urllib.parse import urlsplit  # rarely wanted

    parts = urlsplit(endpoint)
    made = []
    for number, report_id in enumerate(report_ids, start=1):
        url = parts._replace(path=f"{parts.path.rstrip('/')}/{report_id}").geturl()
        made.append(Request(url, _bodiless(parts.netloc, last=number == len(report_ids)), b"", (), RECALL_METHOD))
    return tuple(made)


def operator_request(endpoint: str) -> Request:
    """Return the request for what an endpoint's operator says, at the same origin."""
    from urllib.parse import urlsplit

    parts = urlsplit(endpoint)
    url = parts._replace(path=OPERATOR_PATH, query="").geturl()
    return Request(url, _bodiless(parts.netloc, last=True), b"", (), OPERATOR_METHOD)


def _bodiless(host: str, *, last: bool) -> tuple[tuple[str, str], ...]:
    """Return every header of a request without a body; `last`: of the last one over its connection."""
    return (
        ("Host", host),
        ("User-Agent", "shimmy-metrics"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close" if last else "keep-alive"),
    )
