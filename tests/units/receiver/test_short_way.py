"""Reports that are all good are judged by a short way; whatever it takes, the long one takes just so."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.limits import REQUEST_REPORTS
from shimmy_metrics.receiver import response
from support.good_report import GOOD, OTHER_ID, TODAY, changed, named

BODIES = (
    GOOD,
    named(OTHER_ID),
    changed(lambda report: report.update(timestamp="2026-01-01T00:00:00Z")),
    changed(lambda report: report.update(schema_version=SCHEMA_VERSION + 1)),
    changed(lambda report: report["metrics"].update(errors_count=7.0)),
    changed(lambda report: report.update(name="another")),
    json.dumps(json.loads(GOOD)).encode(),
    json.dumps(dict(reversed(json.loads(GOOD).items())), separators=(",", ":")).encode(),
    GOOD[:-1] + b',"platform":"linux-x64"}',
    b"null",
    b"[]",
    b"{",
)


def _tried(body: bytes) -> Any:  # noqa: ANN401 - what the short way returns
    short = response._all_good(body, TODAY)
    assert short is None or short == response._judge_all(body, TODAY)
    return short


@given(st.lists(st.sampled_from(BODIES), max_size=4), st.booleans(), st.sampled_from([b",", b", ", b",,"]))
def test_the_short_way_takes_nothing_that_the_long_one_does_not(bodies: list[bytes], alone: bool, comma: bytes) -> None:
    _tried(b"".join(bodies[:1]) if alone else b"[" + comma.join(bodies) + b"]")


def test_what_is_good_is_taken_by_the_short_way_alone_and_in_arrays() -> None:
    ids = [f"c0ffee00-0000-4000-8000-{number:012x}" for number in range(REQUEST_REPORTS + 1)]
    full = b"[" + b",".join(map(named, ids[1:])) + b"]"
    for body in (GOOD, b"[" + GOOD + b"]", b"[" + GOOD + b"," + named(OTHER_ID) + b"]", full):
        assert _tried(body) is not None
    assert _tried(full[:-1] + b"," + named(ids[0]) + b"]") is None
