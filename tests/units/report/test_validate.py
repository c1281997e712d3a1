"""The validator: every byte is one that the fields allow, and it says which is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.report import fields, validate
from shimmy_metrics.report.fields import BY_NAME, FIELDS, NEWEST
from shimmy_metrics.report.kinds import IntegerRange
from shimmy_metrics.report.seal import join
from shimmy_metrics.report.validate import validate_body, validate_structure
from support.responding import respond
from support.samples import sealed

GOOD = sealed().body


def _changed(path: str, value: object) -> bytes:
    report = json.loads(GOOD)
    *sections, name = path.split(".")
    place = report
    for section in sections:
        place = place[section]
    place[name] = value
    return json.dumps(report, separators=(",", ":")).encode()


def test_a_sealed_report_has_no_fault() -> None:
    assert validate_body(GOOD) == []


def test_an_array_of_sealed_reports_has_no_fault() -> None:
    other = sealed("c0ffee00-0000-4000-8000-00000000beef").body
    assert validate_body(join([GOOD, other])) == []
    assert validate_body(b"[" + GOOD + b"]") == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("session_id", "550e8400-e29b-11d4-a716-446655440000"),
        ("session_id", "550E8400-E29B-41D4-A716-446655440000"),
        ("timestamp", "2026-11-23T14:32:07Z"),
        ("timestamp", "2026-02-30T00:00:00Z"),
        ("version", "2.6.5-a-name"),
        ("version", "2.6.1000"),
        ("version", "02.6.5"),
        ("platform", "/home/somebody/models"),
        ("platform", "linux-riscv"),
        ("schema_version", NEWEST + 1),
        ("schema_version", True),
        ("metrics.daily_active_usage", 1),
        ("metrics.session_duration_minutes", -1),
        ("metrics.session_duration_minutes", 530_000),
        ("metrics.session_duration_minutes", 122),
        ("metrics.requests_per_session", 101),
        ("metrics.total_tokens_generated", 2_350),
        ("metrics.errors_count", 1_010),
        ("metrics.peak_requests_per_hour", 105),
        ("metrics.startup_time_ms", 812),
        ("metrics.requests_per_session", 1.5),
        ("metrics.requests_per_session", True),
        ("metrics.requests_per_session", None),
        ("metrics.token_source", "guessed"),
        ("metrics.models_used_count", 65),
        ("metrics.api_endpoints_used", ["llama-3.1-8b"]),
        ("metrics.api_endpoints_used", ["/v1/models", "/v1/chat/completions"]),
        ("metrics.api_endpoints_used", ["/v1/models", "/v1/models"]),
        ("metrics.api_endpoints_used", "/v1/models"),
        ("metrics.integration_type", "my-own-editor"),
        ("metrics.memory_gb", 12),
        ("metrics.cpu_cores", 512),
        ("metrics.avg_response_time_ms", 1247),
        ("metrics.gpu_vendor", "NVIDIA GeForce RTX 4090"),
    ],
)
def test_a_value_outside_its_field_is_named(path: str, value: object) -> None:
    assert [violation.path for violation in validate_body(_changed(path, value))] == [path]


@pytest.mark.parametrize("path", ["hostname", "metrics.user", "metrics.gpu_model"])
def test_an_unknown_key_is_named(path: str) -> None:
    violations = validate_body(_changed(path, "x"))
    assert [(each.path, each.rule) for each in violations] == [(path, "is no field")]


def test_a_missing_field_is_named() -> None:
    report = json.loads(GOOD)
    del report["metrics"]["gpu_vendor"]
    violations = validate_body(json.dumps(report, separators=(",", ":")).encode())
    assert [(each.path, each.rule) for each in violations] == [("metrics.gpu_vendor", "is missing")]


def test_in_an_array_the_report_at_fault_is_numbered() -> None:
    body = b"[" + GOOD + b"," + _changed("platform", "x") + b"]"
    assert [violation.path for violation in validate_body(body)] == ["[1].platform"]


@pytest.mark.parametrize(
    "body",
    [
        GOOD.replace(b":", b": ", 1),
        GOOD + b" ",
        GOOD.replace(b"platform", b"\\u0070latform"),
        GOOD.replace(b'"requests_per_session":47', b'"requests_per_session":47e0'),
        b"\xef\xbb\xbf" + GOOD,
        b"{"
        + GOOD[GOOD.index(b'"timestamp"') : GOOD.index(b'"metrics"')]
        + GOOD[1 : GOOD.index(b'"timestamp"')]
        + GOOD[GOOD.index(b'"metrics"') :],
    ],
    ids=["space", "trailing", "escape", "exponent", "bom", "order"],
)
def test_any_other_spelling_of_the_same_report_is_refused(body: bytes) -> None:
    assert validate_body(body) != []


def test_another_spelling_is_named_as_that_and_nothing_else() -> None:
    rule = "not the one byte form: the fields' order, no space, no escape, plain integers"
    assert [str(each) for each in validate_body(GOOD + b" ")] == [rule]
    assert [str(each) for each in validate_body(b"[" + GOOD + b", " + GOOD + b"]")] == [rule]


def test_a_key_that_comes_twice_is_named() -> None:
    body = GOOD.replace(b'"platform"', b'"version":"1.0.0","platform"')
    assert [(violation.path, violation.rule) for violation in validate_body(body)] == [
        ("version", "stands there twice")
    ]


def test_hostile_text_does_not_reach_the_terminal_raw() -> None:
    body = json.dumps({"\x1b[2J": 1, "\ud800": 2}).encode()
    shown = " ".join(str(violation) for violation in validate_body(body))
    assert "\x1b" not in shown
    assert shown.isascii()


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        (b"[]", "an empty list is no report"),
        (b"7", "no report object"),
        (b"[7]", "[0]: no report object"),
        (b"[" + GOOD + b",[]]", "[1]: no report object"),
        (b"{", "no JSON"),
        (GOOD.replace(b":47", b":NaN"), "no JSON"),
        (GOOD.replace(b":47", b":-Infinity"), "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_keeps_a_body_from_being_a_report_is_said_once(body: bytes, violation: str) -> None:
    assert [str(each) for each in validate_body(body)] == [violation]


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        (b'{"sealed by":"older rules"}', []),
        (b'[{"sealed by":"older rules"},{}]', []),
        (b"7", ["no report object"]),
        (b"[]", ["no report object"]),
        (b"[{},7]", ["no report object"]),
        (b"{", ["no JSON"]),
        (b'{"x":1,"x":2}', ["x: stands there twice"]),
    ],
)
def test_of_a_body_by_older_rules_the_shape_alone_is_checked(body: bytes, violations: list[str]) -> None:
    assert [str(each) for each in validate_structure(body)] == violations


def test_a_report_is_checked_by_the_list_that_was_agreed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = tuple(each._replace(since=NEWEST + 1) if each.name == "token_source" else each for each in FIELDS)
    number = BY_NAME["schema_version"]._replace(kind=IntegerRange(1, NEWEST + 1))
    monkeypatch.setattr(fields, "FIELDS", tuple(number if each.name == number.name else each for each in newer))
    monkeypatch.setitem(BY_NAME, "schema_version", number)
    monkeypatch.setattr(validate, "SCHEMA_VERSION", NEWEST + 1)
    # What a report is made of is remembered for each version.
    monkeypatch.setattr(validate, "_layout", validate._layout.__wrapped__)
    older = GOOD.replace(b'"token_source":"mixed",', b"")
    assert validate_body(older) == []
    assert [str(each) for each in validate_body(GOOD)] == ["metrics.token_source: is no field"]
    assert validate_body(_changed("schema_version", NEWEST + 1)) == []
    missing = older.replace(b'"schema_version":%d' % NEWEST, b'"schema_version":%d' % (NEWEST + 1))
    assert [str(each) for each in validate_body(missing)] == ["metrics.token_source: is missing"]
    for neither in (0, NEWEST + 2, True, None):
        told = validate_body(_changed("schema_version", neither))
        assert [each.path for each in told] == ["schema_version"], neither  # by the newest list nothing else is wrong


@pytest.mark.parametrize("key", ["X", "x.", "."])
def test_an_unknown_key_is_named_as_it_is_in_an_array_too(key: str) -> None:
    body = json.dumps([json.loads(GOOD) | {key: 1}], separators=(",", ":")).encode()
    assert [each.path for each in validate_body(body)] == [f"[0].{key}"]


def test_a_section_that_is_missing_or_no_object_is_named_once() -> None:
    report = json.loads(GOOD)
    assert [str(each) for each in validate_body(json.dumps(report | {"metrics": 7}).encode())] == [
        "metrics: is no object"
    ]
    del report["metrics"]
    assert [str(each) for each in validate_body(json.dumps(report).encode())] == ["metrics: is missing"]


@pytest.mark.parametrize("length", [59, 60, 61, 5_000])
def test_of_a_key_from_outside_no_more_than_sixty_characters_are_told(length: int) -> None:
    (violation,) = validate_body(_changed("k" * length, 1))
    assert violation.path == "k" * min(length, 60)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b"NaN", b"[1]", b'{"metrics":3}'])
def test_what_is_no_report_is_refused_without_an_error(body: bytes) -> None:
    assert validate_body(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_no_json_that_was_not_sealed_passes(value: object) -> None:
    assert validate_body(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    assert validate_body(body)


@pytest.mark.parametrize(
    "planted",
    [
        b'"x":' + b"9" * 30,
        b'"\\ud800":1',
        b'"x":"\\ud800"',
        b'"x":1e400',
        b'"x":' + b"[" * 900 + b"]" * 900,
        b'"x":"' + b"y" * 2_000 + b'"',
    ],
    ids=["a long number", "half a character as key", "half a character", "infinity", "depth", "length"],
)
def test_whatever_stands_under_an_unknown_key_is_refused_by_both_ends(planted: bytes) -> None:
    body = GOOD.replace(b'"platform"', planted + b',"platform"')
    (violation,) = validate_body(body)
    assert violation.rule == "is no field"
    told = json.loads(respond(body).body)
    assert told in ({"rule": "not the one byte form"}, {"rule": "nested too deeply"}) or (
        told["stored"],
        [(each["field"], each["rule"]) for each in told["refused"]],
    ) == ([], [("", "is no field")])


def test_an_id_that_is_none_is_not_repeated_in_the_answer() -> None:
    told = json.loads(respond(_changed("session_id", "somebody's words")).body)
    assert told["refused"][0]["id"] == ""
    assert told["refused"][0]["field"] == "session_id"
    assert json.loads(respond(_changed("session_id", "\ud800")).body) == {"rule": "not the one byte form"}
