"""Reports that are all good are judged by a fast path; whatever it takes, the long way takes just so."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.limits import REQUEST_REPORTS
from shimmy_metrics.receiver import accepted, response
from shimmy_metrics.receiver.accepted import accept, read_accepted
from shimmy_metrics.report.bodies import Member, members
from shimmy_metrics.report.seal import seal
from support.any_report import REPORTS
from support.good_report import GOOD, OTHER_ID, TODAY, changed, named

MEMBERS = list(members(GOOD))
TEXTS = (
    b"1.0", b"-0", b"-1", b"01", b"1e2", b"+1", b" 1", b"1 ", b"NaN",
    b"true ", b"True", b'"\\u006e"', b'"1"', b"[1]", b"[]",
    b'["/v1/models","/v1/models"]', b'[ ]', b'["/v1/models",]', b"9" * 5_000, b"[[]]", b"{}", b"", b'"', b'"\xff"',
    b"\xfe\xff1", b"[" * 5_000,
    b"1\x00", b"101", b"2,", b'2,"errors_count":2',
)  # fmt: skip

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


def _tried(body: bytes) -> Any:  # noqa: ANN401 - what the fast path returns
    fast = response._all_good(body, TODAY)
    assert fast is None or fast == response._judge_all(body, TODAY)
    return fast


@given(st.lists(st.sampled_from(BODIES), max_size=4), st.booleans(), st.sampled_from([b",", b", ", b",,"]))
def test_the_fast_path_takes_nothing_that_the_long_way_does_not(bodies: list[bytes], alone: bool, comma: bytes) -> None:
    _tried(b"".join(bodies[:1]) if alone else b"[" + comma.join(bodies) + b"]")


def test_what_is_good_is_taken_by_the_fast_path_alone_and_in_arrays() -> None:
    ids = [f"c0ffee00-0000-4000-8000-{number:012x}" for number in range(REQUEST_REPORTS + 1)]
    full = b"[" + b",".join(map(named, ids[1:])) + b"]"
    for body in (GOOD, b"[" + GOOD + b"]", b"[" + GOOD + b"," + named(OTHER_ID) + b"]", full):
        assert _tried(body) is not None
    assert _tried(full[:-1] + b"," + named(ids[0]) + b"]") is None


@given(REPORTS)
def test_the_fast_path_reads_every_report_that_keeps_the_rules(made: dict[str, Any]) -> None:
    body = seal(made).body
    assert read_accepted(body) == [accept(made, body)]
    assert read_accepted(b"[" + body + b"," + body + b"]") == 2 * [accept(made, body)]


@given(st.sampled_from(MEMBERS), st.sampled_from(TEXTS) | st.binary(max_size=4))
def test_a_text_that_is_no_value_s_one_form_is_left_to_the_long_way(member: Member, text: bytes) -> None:
    changed = GOOD[: member.offset] + member.text.partition(":")[0].encode() + b":" + text
    rest = GOOD[member.offset + len(member.text) :]
    for body in (changed + b"," + rest, changed + rest, changed + b"}}", changed + b"}}" + rest):
        _tried(body)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_no_byte_may_be_another(at: int, byte: int) -> None:
    _tried(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])
    _tried(GOOD[:at] + bytes([byte]) + GOOD[at:])
    _tried(GOOD[:at] + GOOD[at + 1 :])


def test_nothing_that_was_refused_is_kept() -> None:
    assert read_accepted(GOOD) is not None  # whose other values are kept
    kept = _kept()
    for text in TEXTS:
        assert read_accepted(GOOD.replace(b'"errors_count":2', b'"errors_count":' + text)) is None
    assert _kept() == kept


def _kept() -> int:
    return sum(len(known) for form in accepted._FORMS for known in form.values)
