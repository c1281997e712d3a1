"""What a receiver's answer means for the reports that were sent."""

import orjson
import pytest

from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.request import Request
from shimmy_metrics.delivery.response import RecallResult, Refusal, classify, classify_recall, named_group
from shimmy_metrics.limits import GROUP_REPORTS, GROUP_REPORTS_MAX
from shimmy_metrics.records import Cause, Failure, Outcome
from shimmy_metrics.report.seal import digest
from support.queued import request, uuid


def _body(made: Request, stored: list[str], refused: list[object], sha256: str = "") -> bytes:
    return orjson.dumps({"sha256": sha256 or made.sha256, "stored": stored, "refused": refused})


@pytest.mark.parametrize(
    ("status", "outcome", "aside", "failed"),
    [
        (200, Outcome.ACCEPTED, 0, False), (202, Outcome.ACCEPTED, 0, False), (204, Outcome.ACCEPTED, 0, False),
        (299, Outcome.ACCEPTED, 0, False),
        (100, Outcome.ERROR, 0, True), (301, Outcome.ERROR, 0, True), (302, Outcome.ERROR, 0, True),
        (304, Outcome.ERROR, 0, True),
        (400, Outcome.REFUSED, 2, False), (401, Outcome.REFUSED, 2, False), (404, Outcome.REFUSED, 2, False),
        (409, Outcome.REFUSED, 2, False), (413, Outcome.REFUSED, 2, False), (422, Outcome.REFUSED, 2, False),
        (499, Outcome.REFUSED, 2, False),
        (408, Outcome.ERROR, 0, True), (429, Outcome.ERROR, 0, True),
        (500, Outcome.ERROR, 0, True), (503, Outcome.ERROR, 0, True), (599, Outcome.ERROR, 0, True),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(status: int, outcome: Outcome, aside: int, failed: bool) -> None:
    verdict = classify(request(1, 2), Response(status), passed=True)
    assert (verdict.outcome, len(verdict.refused), verdict.failed) == (outcome, aside, failed)
    assert verdict.ended is False
    assert set(verdict.refused.values()) <= {Refusal(Cause.REFUSED, str(status))}


def test_410_ends_the_programme_and_sets_nothing_aside() -> None:
    verdict = classify(request(1), Response(410), passed=True)
    assert verdict.ended
    assert verdict.outcome is Outcome.REFUSED
    assert not verdict.refused
    assert not verdict.failed


def test_without_an_answer_it_depends_on_whether_a_byte_may_have_left() -> None:
    assert classify(request(1), Response(), passed=True).outcome is Outcome.NO_ANSWER
    assert classify(request(1), Response(), passed=False).outcome is Outcome.NOTHING_LEFT
    assert classify(request(1), Response(), passed=False).failed


def test_only_an_answer_that_repeats_the_digest_confirms() -> None:
    made = request(1)

    def outcome(body: bytes) -> Outcome:
        return classify(made, Response(200, body), passed=True).outcome

    assert outcome(_body(made, [uuid(1)], [])) is Outcome.CONFIRMED
    assert outcome(b"<html>Please log in to this network</html>") is Outcome.ACCEPTED
    assert outcome(b"[]") is Outcome.ACCEPTED
    assert outcome(_body(made, [uuid(1)], [], digest(b"another"))) is Outcome.ACCEPTED


def test_of_a_partly_taken_array_only_the_refused_are_set_aside() -> None:
    made = request(1, 2, 3)
    refused: list[object] = [{"id": uuid(2), "field": "platform", "rule": "none of its words\x1b[2J"}]
    verdict = classify(made, Response(422, _body(made, [uuid(1)], refused)), passed=True)
    assert verdict.outcome is Outcome.PARTLY
    assert verdict.refused == {
        uuid(2): Refusal(Cause.RULE, "platform: none of its words\\x1b[2J"),
        uuid(3): Refusal(Cause.UNLISTED, ""),
    }
    assert not verdict.failed


def test_an_answer_that_takes_none_is_a_refusal_and_no_receipt() -> None:
    made = request(1)
    verdict = classify(made, Response(422, _body(made, [], [{"id": uuid(1), "field": "x", "rule": "y"}])), passed=True)
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.refused == {uuid(1): Refusal(Cause.RULE, "x: y")}


@pytest.mark.parametrize(
    "refused",
    [
        [{"id": uuid(7), "field": "platform", "rule": "none"}],
        [{"id": [1]}],
        [{"id": None}],
        [7],
        ["id"],
        [{"field": "platform"}],
    ],
)
def test_ids_that_are_none_of_this_request_are_passed_over(refused: list[object]) -> None:
    made = request(1, 2)
    verdict = classify(made, Response(422, _body(made, [uuid(1), uuid(2), uuid(8)], refused)), passed=True)
    assert verdict.outcome is Outcome.PARTLY
    assert verdict.refused == {}


def test_a_422_that_does_not_speak_of_this_request_refuses_all_of_it() -> None:
    made = request(1, 2)
    for body in (b"", _body(made, [uuid(1)], [], digest(b"another")), orjson.dumps({"sha256": made.sha256})):
        verdict = classify(made, Response(422, body), passed=True)
        assert set(verdict.refused.values()) == {Refusal(Cause.REFUSED, "422")}


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ({}, ": "),
        ({"field": "platform"}, "platform: "),
        ({"rule": "none"}, ": none"),
        ({"field": 1, "rule": 2}, "1: 2"),
    ],
)
def test_a_refusal_without_its_field_or_its_rule_is_one_all_the_same(told: dict[str, object], detail: str) -> None:
    made = request(1, 2)
    verdict = classify(made, Response(422, _body(made, [uuid(2)], [7, {"id": uuid(1), **told}])), passed=True)
    assert verdict.refused == {uuid(1): Refusal(Cause.RULE, detail)}


def test_a_422_without_both_lists_refuses_all_and_one_with_strange_entries_is_read() -> None:
    made = request(1, 2)
    parts: list[dict[str, object]] = [
        {"stored": []},
        {"refused": []},
        {"stored": {}, "refused": []},
        {"stored": [], "refused": {}},
    ]
    for part in parts:
        body = orjson.dumps({"sha256": made.sha256, **part})
        verdict = classify(made, Response(422, body), passed=True)
        assert set(verdict.refused.values()) == {Refusal(Cause.REFUSED, "422")}
    body = orjson.dumps({"sha256": made.sha256, "stored": [[1], 7, uuid(1)], "refused": []})
    verdict = classify(made, Response(422, body), passed=True)
    assert (verdict.outcome, verdict.refused) == (Outcome.PARTLY, {uuid(2): Refusal(Cause.UNLISTED)})


@pytest.mark.parametrize(("status", "outcome"), [(199, Outcome.ERROR), (300, Outcome.ERROR), (1, Outcome.ERROR)])
def test_the_borders_of_a_success(status: int, outcome: Outcome) -> None:
    assert classify(request(1), Response(status), passed=True).outcome is outcome


_TIME = Response(failure=Failure.TIME)


@pytest.mark.parametrize(
    ("responses", "passed", "result"),
    [
        ([Response(204), Response(204)], True, RecallResult(Outcome.RECALLED, 2, 204)),
        ([Response(204), Response(200)], True, RecallResult(Outcome.ERROR, 1, 200)),  # a captive portal says that too
        ([Response(404), Response(204)], True, RecallResult(Outcome.REFUSED, 1, 404)),
        ([Response(503), Response(404)], True, RecallResult(Outcome.ERROR, 0, 503)),
        ([Response(429), Response(429)], True, RecallResult(Outcome.ERROR, 0, 429)),
        ([Response(204), _TIME], True, RecallResult(Outcome.NO_ANSWER, 1, 0, Failure.TIME)),
        ([_TIME], True, RecallResult(Outcome.NO_ANSWER, 0, 0, Failure.TIME)),
        ([Response(503), _TIME], True, RecallResult(Outcome.NO_ANSWER, 0, 0, Failure.TIME)),
        ([_TIME], False, RecallResult(Outcome.NOTHING_LEFT, 0, 0, Failure.TIME)),
    ],
)
def test_a_recall_is_confirmed_where_each_report_is(
    responses: list[Response], passed: bool, result: RecallResult
) -> None:
    assert classify_recall(responses, 2, passed=passed) == result


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({}, GROUP_REPORTS),
        ({"k": 1}, 1),
        ({"k": 0}, 0),
        ({"k": 7}, 7),
        ({"k": GROUP_REPORTS_MAX}, GROUP_REPORTS_MAX),
        ({"k": GROUP_REPORTS_MAX + 1}, 0),
        *(({"k": wrong}, 0) for wrong in (True, 7.0, "7", None, [7])),
    ],
)
def test_a_receiver_that_repeats_the_digest_names_its_smallest_groups(told: dict[str, object], named: int) -> None:
    made = request(1, 2)
    confirmed = {"sha256": made.sha256, **told}
    assert named_group(made, Response(200, orjson.dumps(confirmed))) == named
    for other in (told, {**told, "sha256": digest(b"another body")}):
        assert named_group(made, Response(200, orjson.dumps(other))) == 0, "anyone may have answered"
