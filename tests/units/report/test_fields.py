"""The field table: what can leave, at most, and that everything else derives from it."""

import json
import re
from itertools import pairwise

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.counters import Counters
from shimmy_metrics.limits import ACTIVE_MINUTES, REPORT_BYTES, ROUTES_NAMED
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.report import coarsen
from shimmy_metrics.report.build import Report, build, raw_values
from shimmy_metrics.report.field import Group
from shimmy_metrics.report.fields import BY_NAME, FIELDS, NEWEST, covered, grouped, in_screen_order, new_since
from shimmy_metrics.report.kinds import Integer, Value
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.report.schema import schema
from shimmy_metrics.report.seal import digest, seal
from shimmy_metrics.report.validate import canonical, validate_body
from shimmy_metrics.vocabulary import (
    CLIENTS,
    OTHER,
    ROUTES,
)
from support.measured_values import counters, facts
from support.renew import RENEW
from support.samples import COUNTERS, NOW, SESSION_ID, measured

SCHEMA = jsonschema.Draft202012Validator(schema())


def _largest() -> bytes:
    report: Report = {field.name: field.kind.longest for field in FIELDS if not field.section}
    metrics: dict[str, Value] = {field.name: field.kind.longest for field in FIELDS if field.section}
    report["metrics"] = metrics
    return seal(report).body


def test_the_largest_report_the_fields_admit_is_under_a_kilobyte() -> None:
    largest = _largest()
    assert validate_body(largest) == []  # it is a report, not just long bytes
    assert len(largest) <= REPORT_BYTES < 1_024


def test_no_value_of_any_kind_is_longer_than_the_longest_it_names() -> None:
    for field in FIELDS:
        longest = len(orjson.dumps(field.kind.longest))
        allowed = field.kind.schema().get("enum", [])
        assert all(len(orjson.dumps(value)) <= longest for value in allowed), field.path
        assert field.kind.violation(field.kind.longest) is None, field.path


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


@pytest.mark.parametrize("aggregates", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_whatever_was_measured_the_report_is_one_that_the_fields_allow(aggregates: int) -> None:
    @settings(max_examples=aggregates, deadline=None)
    @given(counters, facts, st.text(max_size=40), st.none() | st.sampled_from(CLIENTS), st.booleans(), st.booleans())
    def is_allowed(counted: Counters, machine: Facts, version: str, hint: str | None, day: bool, month: bool) -> None:
        values = Measured(
            SESSION_ID, NOW, version, NEWEST, counted, machine, hint, first_of_day=day, first_of_month=month
        )
        body = seal(build(values)).body
        assert validate_body(body) == []
        assert len(body) <= REPORT_BYTES
        parsed = json.loads(body)
        assert SCHEMA.is_valid(parsed)
        # The one byte form: spelled anew it is the same, and it says again what it said.
        assert canonical(parsed) == body == json.dumps(parsed, separators=(",", ":"), ensure_ascii=False).encode()
        assert body == orjson.dumps(parsed)  # what the receiving side compares with
        assert raw_values(values).keys() == {field.name for field in FIELDS}

    is_allowed()


def test_the_screens_show_every_field_once_in_its_group_and_by_its_rank() -> None:
    assert [group.value for group, _ in grouped()] == [
        "How much it is used",
        "How fast it is",
        "The machine",
        "The report itself",
    ]
    for group, listed in grouped():
        assert {field.on_screen[0] for field in listed} == {group}
        assert all(before.on_screen[1] <= after.on_screen[1] for before, after in pairwise(listed))
    assert sorted(field.path for field in in_screen_order()) == sorted(field.path for field in FIELDS)


def test_what_a_session_did_comes_first_and_what_is_told_of_the_report_itself_last() -> None:
    expected = {
        Group.USE: "session_duration_minutes requests_per_session total_tokens_generated token_source errors_count "
        "models_used_count concurrent_model_usage api_endpoints_used integration_type deployment_type "
        "daily_active_usage",
        Group.SPEED: "avg_response_time_ms startup_time_ms peak_requests_per_hour",
        Group.MACHINE: "version platform hardware_tier memory_gb cpu_cores gpu_detected gpu_vendor region_indicator",
        Group.REPORT: "session_id timestamp schema_version",
    }
    fields = [(group, name) for group, names in expected.items() for name in names.split()]
    shown = [(field.on_screen[0], field.name) for field in in_screen_order()]
    assert [each for each in shown if each in fields] == fields


def test_what_every_report_has_is_not_told_once_a_month() -> None:
    assert {field.section for field in FIELDS if field.monthly} == {"metrics"}
    assert not BY_NAME["requests_per_session"].monthly


def test_the_published_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_says_what_it_is_and_why_in_a_line(field: object) -> None:
    text = next(each for each in FIELDS if each is field)
    assert len(text.meaning) <= 78
    assert len(f"Why: {text.purpose}.") <= 78
    assert text.meaning.endswith(".")
    assert text.source
    assert text.coarsening
    assert text.purpose.startswith("to ")
    assert not text.purpose.endswith(".")
    assert text.bits >= 0


def _numbers(sentence: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", sentence)]


def test_the_numbers_in_the_sentences_are_those_in_force() -> None:
    requests, minutes, fewer, less = _numbers(BY_NAME["deployment_type"].source)
    for bound in (requests, fewer):
        assert coarsen.deployment_type(bound, 0) != coarsen.deployment_type(bound + 1, 0)
    for bound in (minutes, less):
        assert coarsen.deployment_type(0, bound) != coarsen.deployment_type(0, bound + 1)
    with_gpu, without = _numbers(BY_NAME["hardware_tier"].meaning)
    for bound, gpu in ((with_gpu, True), (without, False)):
        tiers = [coarsen.hardware_tier(gigabytes * 2**30, gpu_detected=gpu) for gigabytes in (bound, bound + 1)]
        assert tiers[0] == "consumer" != tiers[1]
    assert _numbers(BY_NAME["daily_active_usage"].meaning) == [ACTIVE_MINUTES]
    assert "the ten most used" in BY_NAME["api_endpoints_used"].coarsening
    assert ROUTES_NAMED == 10
    for field in FIELDS:
        if isinstance(field.kind, Integer):
            assert ("two significant digits" in field.coarsening) is field.kind.rounded


def test_a_consent_covers_the_fields_of_its_schema_and_of_earlier_ones() -> None:
    assert (covered(NEWEST), new_since(NEWEST)) == (FIELDS, ())
    assert (covered(0), new_since(0)) == ((), FIELDS)
    for version in range(1, NEWEST + 1):
        assert [*covered(version)] == [field for field in FIELDS if field.since <= version]
        assert {*covered(version), *new_since(version)} == {*FIELDS}


def test_the_schema_that_a_yes_covers_is_the_table_s_newest() -> None:
    assert SCHEMA_VERSION == NEWEST, RENEW
    assert {field.since for field in FIELDS} == {*range(1, NEWEST + 1)}


def test_what_never_leaves_is_named_with_what_becomes_of_it() -> None:
    assert all(name and fate for name, fate in NEVER)


def test_null_stands_only_where_something_may_not_be_known() -> None:
    assert {field.name for field in FIELDS if field.kind.violation(None) is None} == {
        "memory_gb",
        "cpu_cores",
        "avg_response_time_ms",
        "startup_time_ms",
        "gpu_vendor",
    }


def test_words_used_equally_often_are_listed_by_name() -> None:
    told = raw_values(measured(counters=COUNTERS._replace(routes={"/v1/models": 2, "/api/tags": 2, OTHER: 3})))
    assert told["api_endpoints_used"] == "other 3, /api/tags 2, /v1/models 2"


def test_the_digest_is_sha256_of_the_bytes() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
