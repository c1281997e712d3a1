"""Each row of the table of answers, asked for over a real socket."""

from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

import pytest

from shimmy_metrics.limits import REQUEST_BYTES, REQUEST_REPORTS
from shimmy_metrics.receiver.rate import Rate
from support.good_report import GOOD, OTHER_ID, TODAY, changed, named, receiver, shared
from support.receiving import JSON, Receiving, read_answer, request
from support.samples import SESSION_ID

__all__ = ["receiver", "shared"]


def on(day: date) -> bytes:
    return changed(lambda report: report.update(timestamp=f"{day.isoformat()}T00:00:00Z"))


def test_a_report_is_stored_and_its_digest_confirmed(receiver: Receiving) -> None:
    answer = receiver.post(GOOD)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {"sha256": sha256(GOOD).hexdigest(), "stored": [SESSION_ID], "refused": []}
    assert len(receiver.store.rows) == 1
    assert not receiver.counted


@pytest.mark.parametrize(
    "path",
    ["/", "/v1/usage/", "/v1/usage?x=1", "/v1/Usage", "/v1%2Fusage", "/v1/usage/no-uuid", f"/v1/usage/{SESSION_ID}/",
     f"/v1/usage/{SESSION_ID.upper()}", "/v1/usage/../usage"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
def test_a_wrong_path_is_not_found(receiver: Receiving, method: str, path: str) -> None:
    answer = receiver.ask(method, path)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/usage", "POST"),
        ("PUT", "/v1/usage", "POST"),
        ("HEAD", "/v1/usage", "POST"),
        ("DELETE", "/v1/usage", "POST"),
        ("POST", f"/v1/usage/{SESSION_ID}", "DELETE"),
        ("POST", "/v1/operator", "GET"),
    ],
)
def test_a_wrong_method_is_not_allowed(receiver: Receiving, method: str, path: str, allowed: str) -> None:
    answer = receiver.ask(method, path)
    assert (answer.status, answer.body, answer.headers["allow"]) == (405, b"", allowed)


@pytest.mark.parametrize("headers", [(), (("transfer-encoding", "chunked"),)])
def test_without_a_length_nothing_is_read(receiver: Receiving, headers: tuple[tuple[str, str], ...]) -> None:
    answer = receiver.send(request("POST", "/v1/usage", [*JSON, *headers]))
    assert (answer.status, answer.body) == (411, b"")


def test_a_body_that_is_too_long_is_refused_unread(receiver: Receiving) -> None:
    head = request("POST", "/v1/usage", [*JSON, ("content-length", str(REQUEST_BYTES + 1)), ("expect", "100-continue")])
    answer = receiver.send(head)
    assert (answer.status, answer.body) == (413, b"")
    assert receiver.post(b" " * (REQUEST_BYTES + 1)).status == 413
    assert receiver.post(b" " * REQUEST_BYTES).status == 400


def test_more_reports_than_a_request_may_hold_are_refused(receiver: Receiving) -> None:
    few = b"[" + b",".join(named(str(uuid4())) for _ in range(REQUEST_REPORTS)) + b"]"
    assert receiver.post(few).status == 200
    many = b"[" + b",".join([b"{}"] * (REQUEST_REPORTS + 1)) + b"]"
    answer = receiver.post(many)
    assert (answer.status, answer.body) == (413, b"")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("content-type", "text/plain"),),
        (*JSON, ("content-encoding", "gzip")),
        (*JSON, ("content-encoding", "identity")),
    ],
)
def test_another_type_and_any_encoding_is_refused(receiver: Receiving, headers: tuple[tuple[str, str], ...]) -> None:
    answer = receiver.post(GOOD, headers)
    assert (answer.status, answer.body) == (415, b"")
    assert receiver.post(GOOD, [("Content-Type", "Application/JSON; charset=utf-8")]).status == 200


def member(name: bytes, value: bytes) -> bytes:
    """Return the sample with another value as it stands in the bytes."""
    head, found, rest = GOOD.partition(b'"' + name + b'":')
    assert found
    end = min(place for place in (rest.find(b","), rest.find(b"}")) if place >= 0)
    return head + found + value + rest[end:]


FORM: Final = "not the one byte form"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"\xef\xbb\xbf" + GOOD, "no JSON"),
        (b"NaN", "no JSON"),
        (b"[" * 16_000, "nested too deeply"),
        (GOOD.replace(b'{"', b'{"version":"1.2.3","', 1), "a key stands there twice"),
        (GOOD.replace(b'"metrics":{', b'"metrics":{"secret":1,"secret":2,'), "a key stands there twice"),
        (GOOD + b"\n", FORM),
        (GOOD.replace(b":", b": ", 1), FORM),
        (GOOD.replace(b'"platform":"l', b'"platform":"\\u006c'), FORM),
        (GOOD.replace(b'"platform":"l', b'"platform":"\\ud800'), FORM),
        (member(b"requests_per_session", b"47.0"), FORM),
        (member(b"errors_count", b"-0"), FORM),
        (member(b"errors_count", b"1e1"), FORM),
        (b'[{"deep":[{"in":[1.5]}]}]', FORM),
        (changed(lambda report: report.update(version=report.pop("version"))), FORM),
        (b"[" + GOOD + b"," + changed(lambda report: report.update(version=report.pop("version")), named(OTHER_ID))
         + b"]", FORM),
        (b"[]", "no report"),
        (b"null", "no report"),
        (b"1", "no report"),
        (b'"report"', "no report"),
    ],
)  # fmt: skip
def test_what_is_not_the_one_byte_form_is_told_by_its_rule_alone(receiver: Receiving, body: bytes, rule: str) -> None:
    answer = receiver.post(body)
    assert (answer.status, answer.json) == (400, {"rule": rule})
    assert receiver.counted == {rule: 1}
    assert not receiver.store.rows


def test_what_is_no_http_is_told_in_the_same_shape(receiver: Receiving) -> None:
    answer = receiver.send(b"no request at all\r\n\r\n")
    assert (answer.status, answer.json) == (400, {"rule": "no HTTP"})
    both = [*JSON, ("content-length", "5"), ("transfer-encoding", "chunked")]
    assert receiver.send(request("POST", "/v1/usage", both)).status == 400


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        (changed(lambda report: report.update(planted="value")), "", "is no field"),
        (changed(lambda report: report["metrics"].update(planted="value")), "metrics", "is no field"),
        (changed(lambda report: report["metrics"].update({"a.planted": 1})), "metrics", "is no field"),
        (changed(lambda report: report.pop("metrics")), "metrics", "is missing"),
        (changed(lambda report: report.update(metrics=["planted"])), "metrics", "is no object"),
        (changed(lambda report: report.update(platform="planted")), "platform", "none of its words"),
        (changed(lambda report: report["metrics"].update(errors_count=10**30)), "metrics.errors_count", "not within"),
        (on(TODAY - timedelta(days=16)), "timestamp", "not within 15 days back and 1 ahead"),
        (on(TODAY + timedelta(days=2)), "timestamp", "not within 15 days back and 1 ahead"),
        (changed(lambda report: report.update(timestamp="2026-02-30T00:00:00Z")), "timestamp", "no UTC day"),
    ],
)
def test_what_breaks_a_rule_is_told_by_field_and_rule(receiver: Receiving, body: bytes, field: str, rule: str) -> None:
    answer = receiver.post(body)
    assert answer.status == 422
    (refused,) = answer.json["refused"]
    assert answer.json == {"sha256": sha256(body).hexdigest(), "stored": [], "refused": [refused]}
    assert (refused["id"], refused["field"]) == (SESSION_ID, field)
    assert refused["rule"].startswith(rule)
    assert b"planted" not in answer.body
    assert not receiver.store.rows


@pytest.mark.parametrize("days", [-15, 0, 1])
def test_the_days_between_are_taken(receiver: Receiving, days: int) -> None:
    assert receiver.post(on(TODAY + timedelta(days=days))).status == 200


def test_of_an_array_the_good_ones_are_stored(receiver: Receiving) -> None:
    bad = changed(lambda report: report.update(planted=1), named(OTHER_ID))
    nobody = changed(lambda report: report.update(session_id="planted"))
    third = str(uuid4())
    body = b"[" + b",".join([GOOD, bad, nobody, b"7", named(third)]) + b"]"
    answer = receiver.post(body)
    assert answer.status == 422
    assert answer.json == {
        "sha256": sha256(body).hexdigest(),
        "stored": [SESSION_ID, third],
        "refused": [
            {"id": OTHER_ID, "field": "", "rule": "is no field"},
            {"id": "", "field": "session_id", "rule": "not of the form: a random UUID, version 4"},
            {"id": "", "field": "", "rule": "no report object"},
        ],
    }
    assert {*receiver.store.rows} == {SESSION_ID.encode(), third.encode()}
    assert receiver.counted["is no field"] == 1


def test_an_array_of_one_is_taken(receiver: Receiving) -> None:
    body = b"[" + GOOD + b"]"
    answer = receiver.post(body)
    assert (answer.status, answer.json["stored"]) == (200, [SESSION_ID])
    assert answer.json["sha256"] == sha256(body).hexdigest()


def test_over_the_rate_it_is_said_when_to_come_again() -> None:
    with Receiving(rate=Rate(lambda: 1_800_000_000.0)) as receiver:  # by a clock that stands still no bucket fills
        answers = [receiver.ask("GET", "/") for _ in range(97)]
        assert [answer.status for answer in answers] == 96 * [404] + [429]
        assert answers[-1].headers["retry-after"] == "2"
        assert receiver.post(GOOD).status == 429
    assert not receiver.store.rows


def test_many_requests_on_one_connection_are_answered_in_order(receiver: Receiving) -> None:
    bodies = [named(str(uuid4())) for _ in range(8)]
    heads = [request("POST", "/v1/usage", [*JSON, ("content-length", str(len(body)))]) for body in bodies]
    with receiver.connect() as made:
        made.sendall(b"".join(head + body for head, body in zip(heads, bodies, strict=True)))
        received = b""
        while received.count(b'"refused"') < 8:
            received += made.recv(65_536)
    digests = [received.index(sha256(body).hexdigest().encode()) for body in bodies]
    assert digests == sorted(digests)


def test_a_refused_body_is_not_taken_for_the_next_request(receiver: Receiving) -> None:
    body = named(OTHER_ID)
    hidden = request("POST", "/v1/usage", [*JSON, ("content-length", str(len(body)))]) + body
    with receiver.connect() as made:
        made.sendall(request("POST", "/v1/usage", [("content-length", str(len(hidden)))]))
        assert read_answer(made).status == 415
        made.sendall(hidden + request("GET", "/", ()))
        assert read_answer(made).status == 404
    assert not receiver.store.rows
