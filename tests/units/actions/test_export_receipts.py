"""Receipts and waiting reports in an export: checked by their digests, or by today's bounds."""

from typing import Any

import pytest

from shimmy_metrics.actions.export import FORMAT
from shimmy_metrics.actions.export_schema import check_export
from shimmy_metrics.report.seal import digest, join
from support.samples import sealed

BODY = sealed().body
OLDER = BODY.replace(b'"metrics":{', b'"metrics":{"retired_field":7,')
"""A report as older rules had it."""


def _holding(part: str, **entry: object) -> dict[str, Any]:
    return {"format": FORMAT, part: [entry]}


@pytest.mark.parametrize(("body", "reports"), [(OLDER, 1), (join([OLDER, BODY]), 2), (b"[" + OLDER + b"]", 1)])
def test_a_receipt_is_what_was_sent_whatever_the_bounds_are_by_now(body: bytes, reports: int) -> None:
    held = _holding("receipts", sha256=digest(body), body=body.decode())
    assert check_export(held) == ([], reports)


def test_a_receipt_that_is_not_as_its_digest_says_is_named() -> None:
    violations, _ = check_export(_holding("receipts", sha256=digest(BODY), body=OLDER.decode()))
    assert [str(each) for each in violations] == ["receipts[0].sha256: is not the body's digest"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"somebody's words", "no JSON"),
        (b"7", "no report object"),
        (b"[]", "no report object"),
        (b'["somebody"]', "no report object"),
        (b'[{},"somebody"]', "no report object"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_receipt_holds_reports(body: bytes, rule: str) -> None:
    violations, reports = check_export(_holding("receipts", sha256=digest(body), body=body.decode()))
    assert [(each.path, each.rule) for each in violations] == [("receipts[0]", rule)]
    assert reports == 1


def test_a_key_that_comes_twice_in_a_receipt_is_named() -> None:
    body = b'{"version":1,"version":2}'
    violations, _ = check_export(_holding("receipts", sha256=digest(body), body=body.decode()))
    assert [(violation.path, violation.rule) for violation in violations] == [
        ("receipts[0].version", "stands there twice")
    ]


def test_what_waits_is_checked_by_today_s_bounds() -> None:
    violations, reports = check_export(_holding("outbox", sha256=digest(OLDER), body=OLDER.decode()))
    assert [(violation.path, violation.rule) for violation in violations] == [
        ("outbox[0].metrics.retired_field", "is no field")
    ]
    assert reports == 1
