"""The field table: what can leave, at most, and that everything else derives from it."""

import json
import math
from itertools import pairwise

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.counters import Counters
from shimmy_metrics.limits import REPORT_BYTES, ROUTES_NAMED
from shimmy_metrics.report.build import Report, build, raw_values
from shimmy_metrics.report.check import check_body
from shimmy_metrics.report.fields import FIELDS, NEVER, covered
from shimmy_metrics.report.kinds import Value
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.population import SHARES, bits
from shimmy_metrics.report.schema import schema
from shimmy_metrics.report.seal import digest, seal
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES, TokenSource
from support.samples import FACTS, NOW, SESSION_ID, measured, sealed


def _largest() -> bytes:
    report: Report = {field.name: field.kind.longest for field in FIELDS if not field.section}
    metrics: dict[str, Value] = {field.name: field.kind.longest for field in FIELDS if field.section}
    report["metrics"] = metrics
    return seal(report).body


def test_the_largest_report_the_fields_admit_is_under_a_kilobyte() -> None:
    largest = _largest()
    assert check_body(largest) == []  # it is a report, not just long bytes
    assert len(largest) <= REPORT_BYTES < 1_024


def test_no_value_of_any_kind_is_longer_than_the_longest_it_names() -> None:
    for field in FIELDS:
        longest = len(orjson.dumps(field.kind.longest))
        allowed = field.kind.schema().get("enum", [])
        assert all(len(orjson.dumps(value)) <= longest for value in allowed), field.path
        assert field.kind.fault(field.kind.longest) is None, field.path


def test_the_longest_routes_are_the_ten_longest_and_other() -> None:
    longest = next(field for field in FIELDS if field.name == "api_endpoints_used").kind.longest
    assert isinstance(longest, list)
    named = [word for word in longest if word != OTHER]
    assert len(named) == ROUTES_NAMED
    assert sum(map(len, named)) == sum(sorted(map(len, ROUTES))[-ROUTES_NAMED:])


def test_order_and_names_follow_the_description() -> None:
    assert [field.path for field in FIELDS if field.section == ""][:4] == [
        "session_id",
        "timestamp",
        "version",
        "platform",
    ]
    described = [
        "daily_active_usage",
        "session_duration_minutes",
        "requests_per_session",
        "total_tokens_generated",
        "models_used_count",
        "api_endpoints_used",
        "integration_type",
        "deployment_type",
        "hardware_tier",
        "region_indicator",
        "avg_response_time_ms",
        "peak_requests_per_hour",
        "gpu_detected",
        "gpu_vendor",
    ]
    places = [[field.name for field in FIELDS].index(name) for name in described]
    assert all(before < after for before, after in pairwise(places))


def test_a_report_is_what_was_measured_and_coarsened() -> None:
    report = json.loads(sealed().body)
    assert report == {
        "session_id": SESSION_ID,
        "timestamp": "2026-11-23T00:00:00Z",
        "version": "2.6.5",
        "platform": "linux-x64",
        "schema_version": 1,
        "metrics": {
            "daily_active_usage": True,
            "session_duration_minutes": 122,
            "requests_per_session": 47,
            "total_tokens_generated": 2350,
            "errors_count": 2,
            "token_source": "mixed",
            "models_used_count": 2,
            "concurrent_model_usage": 1,
            "api_endpoints_used": ["/v1/chat/completions", "/v1/models"],
            "integration_type": "openai-sdk",
            "deployment_type": "development",
            "hardware_tier": "consumer",
            "memory_gb": 16,
            "cpu_cores": 8,
            "region_indicator": "emea",
            "avg_response_time_ms": 1200,
            "startup_time_ms": 810,
            "peak_requests_per_hour": 15,
            "gpu_detected": True,
            "gpu_vendor": "nvidia",
        },
    }


def test_exact_machine_figures_leave_once_a_month_only() -> None:
    later = Measured(SESSION_ID, NOW, "2.6.5", 1, Counters(), FACTS, None, first_of_day=True, first_of_month=False)
    metrics = build(later)["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["memory_gb"] is None
    assert metrics["cpu_cores"] is None


def test_an_idle_short_session_is_no_active_day() -> None:
    idle = Measured(SESSION_ID, NOW, "", 1, Counters(uptime_s=299), FACTS, None, first_of_day=True, first_of_month=True)
    longer = Measured(
        SESSION_ID, NOW, "", 1, Counters(uptime_s=300), FACTS, None, first_of_day=True, first_of_month=True
    )
    for given_session, active in ((idle, False), (longer, True)):
        metrics = build(given_session)["metrics"]
        assert isinstance(metrics, dict)
        assert metrics["daily_active_usage"] is active


def test_tokens_of_unknown_source_are_sent_as_zero() -> None:
    unknown = measured(counters=Counters(tokens=500, sources={"unknown": 3}))
    metrics = build(unknown)["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["total_tokens_generated"] == 0
    assert metrics["token_source"] == "unknown"


numbers = st.integers(min_value=0, max_value=10**18)
counters = st.builds(
    Counters,
    requests=numbers,
    errors=numbers,
    tokens=numbers,
    sources=st.dictionaries(st.sampled_from(list(TokenSource)), st.integers(0, 9)),
    models=numbers,
    models_at_once=numbers,
    routes=st.dictionaries(st.sampled_from([*ROUTES, OTHER, "/never/heard/of"]), numbers),
    clients=st.dictionaries(st.sampled_from([*CLIENTS, "somebody's own tool"]), numbers),
    answers=numbers,
    answer_ms=numbers,
    startup_ms=st.none() | numbers,
    peak_hour=numbers,
    uptime_s=numbers,
)


@given(counters, st.text(max_size=40), st.booleans(), st.booleans())
def test_whatever_was_measured_the_report_is_one_that_the_fields_allow(
    counted: Counters, version: str, day: bool, month: bool
) -> None:
    values = Measured(SESSION_ID, NOW, version, 1, counted, FACTS, None, first_of_day=day, first_of_month=month)
    body = seal(build(values)).body
    assert check_body(body) == []
    assert len(body) <= REPORT_BYTES
    jsonschema.Draft202012Validator(schema()).validate(json.loads(body))
    assert raw_values(values).keys() == {field.name for field in FIELDS}


def test_the_published_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_says_what_it_is_and_why_in_a_line(field: object) -> None:
    text = next(each for each in FIELDS if each is field)
    assert len(text.meaning) <= 78
    assert len(f"Asked for {text.purpose}.") <= 78
    assert text.meaning.endswith(".")
    assert text.source
    assert text.coarsening
    assert not text.purpose.endswith(".")


def test_identifying_bits_are_the_entropy_of_the_written_population() -> None:
    assert SHARES.keys() == {field.name for field in FIELDS}
    for name, shares in SHARES.items():
        assert sum(shares) == 100, name
        expected = math.log2(100) - sum(share * math.log2(share) for share in shares) / 100
        assert bits(name) == pytest.approx(expected), name
    assert bits("session_id") == 0
    assert bits("gpu_vendor") > bits("gpu_detected")


def test_schema_one_covers_the_whole_table() -> None:
    assert covered(1) == FIELDS
    assert all(name and fate for name, fate in NEVER)


def test_the_digest_is_sha256_of_the_bytes() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
