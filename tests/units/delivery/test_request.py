"""The one request: which reports go, and every header."""

from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.request import METHOD, Request, headers, next_request, operator_request, recall_requests
from shimmy_metrics.limits import REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.records import QueuedReport
from shimmy_metrics.report.seal import digest
from support.queued import LOCAL, report, request


def test_one_report_is_the_body_and_several_are_an_array_of_the_same_bytes() -> None:
    assert request(1).body == report(1).body
    assert request(1, 2).body == b"[" + report(1).body + b"," + report(2).body + b"]"
    assert request(1, 2).sha256 == digest(request(1, 2).body)
    assert next_request([], LOCAL) is None


def test_a_request_is_bounded_and_the_rest_waits_for_the_next() -> None:
    many = [report(number) for number in range(REQUEST_REPORTS + 20)]
    made = next_request(many, LOCAL)
    assert made is not None
    assert len(made.body) <= REQUEST_BYTES
    assert made.reports == tuple(many[: len(made.reports)])
    assert 1 < len(made.reports) <= REQUEST_REPORTS


def test_a_request_may_be_as_long_as_the_limit_and_no_byte_longer() -> None:
    def of(length: int) -> QueuedReport:
        return report(1)._replace(body=b"x" * length)

    room = REQUEST_BYTES - len(b"[,,]")  # two reports, each counted with a comma
    fits = [of(room // 2), of(room - room // 2)]
    made = next_request(fits, LOCAL)
    assert made is not None
    assert made.reports == tuple(fits)
    made = next_request([fits[0], of(room - room // 2 + 1), of(1)], LOCAL)
    assert made is not None
    assert made.reports == (fits[0],)  # what is younger than one that does not fit waits as well
    small = [of(1)] * (REQUEST_REPORTS + 1)
    made = next_request(small, LOCAL)
    assert made is not None
    assert len(made.reports) == REQUEST_REPORTS


def test_every_header_is_ours_and_none_tells_about_the_machine() -> None:
    expected = (
        ("Host", "metrics.shimmy-ai.dev"),
        ("Content-Type", "application/json"),
        ("Content-Length", "700"),
        ("User-Agent", "shimmy-metrics"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    )
    assert headers(ENDPOINT, 700) == expected
    assert METHOD == "POST"
    made = request(1)
    assert (made.url, made.headers) == (LOCAL, headers(LOCAL, len(report(1).body)))
    assert dict(made.headers)["Host"] == "127.0.0.1:9"


def test_a_recall_asks_for_each_report_by_its_id_and_keeps_the_connection_until_the_last() -> None:
    first, second = recall_requests("https://receiver.example:8443/v1/usage/?team=1", ["one", "two"])
    assert (first.method, first.url, first.body) == ("DELETE", "https://receiver.example:8443/v1/usage/one?team=1", b"")
    assert second.url == "https://receiver.example:8443/v1/usage/two?team=1"
    ours = (("Host", "receiver.example:8443"), ("User-Agent", "shimmy-metrics"), ("Accept", "application/json"))
    assert first.headers == (*ours, ("Accept-Encoding", "identity"), ("Connection", "keep-alive"))
    assert second.headers == (*first.headers[:-1], ("Connection", "close"))


def test_an_operator_is_asked_at_the_same_origin_and_at_no_other_path() -> None:
    told = operator_request("https://metrics.example.org:8443/v1/usage?key=word")
    assert told == Request(
        "https://metrics.example.org:8443/v1/operator",
        (
            ("Host", "metrics.example.org:8443"),
            ("User-Agent", "shimmy-metrics"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ),
        b"",
        (),
        "GET",
    )


def test_a_recall_s_address_is_the_endpoint_s_and_the_report_s_id() -> None:
    for endpoint in ("https://metrics.example.org/X", "https://metrics.example.org/X/"):
        (made,) = recall_requests(endpoint, ["an-id"])
        assert (made.url, made.body, made.reports) == ("https://metrics.example.org/X/an-id", b"", ())
