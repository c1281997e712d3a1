"""Two reports side by side, and a body cut into members."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.report.bodies import members, split
from shimmy_metrics.report.compare import Change, compare, differ
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.seal import join
from support.samples import COUNTERS, NOW, sealed

OTHER_ID = "c0ffee00-0000-4000-8000-00000000beef"


def test_only_what_changed_is_changed() -> None:
    before = sealed(OTHER_ID, COUNTERS._replace(requests=31))
    differences = {each.field.name: each for each in compare(before.body, sealed().body)}
    assert differences["requests_per_session"].change is Change.CHANGED
    assert (differences["requests_per_session"].before, differences["requests_per_session"].after) == ("31", "47")
    assert differences["platform"].change is Change.SAME
    assert [each.field.name for each in differ(tuple(differences.values()))] == ["requests_per_session"]


def test_without_a_base_everything_is_added() -> None:
    assert {each.change for each in compare(None, sealed().body)} == {Change.ADDED}


def test_a_field_that_only_one_has_is_added_or_removed() -> None:
    report = json.loads(sealed().body)
    del report["metrics"]["token_source"]
    shorter = json.dumps(report, separators=(",", ":")).encode()
    (added,) = differ(compare(shorter, sealed().body))
    assert added[1:] == (Change.ADDED, "", '"mixed"')
    (removed,) = differ(compare(sealed().body, shorter))
    assert removed[1:] == (Change.REMOVED, '"mixed"', "")


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_members_joined_are_the_body(requests: int, errors: int) -> None:
    body = sealed(counters=COUNTERS._replace(requests=requests, errors=errors)).body
    cut = list(members(body))
    assert "".join(member.text for member in cut).encode() == body
    assert [member.field for member in cut] == [field.name for field in FIELDS]
    offset = 0
    for member in cut:
        assert member.offset == offset
        offset += len(member.text)


def test_a_request_s_body_splits_into_the_reports_it_was_joined_from() -> None:
    bodies = [sealed().body, sealed(OTHER_ID).body]
    assert split(join(bodies)) == bodies
    assert split(join(bodies[:1])) == bodies[:1]
    assert split(b"") == []


@pytest.mark.parametrize("damaged", [b"[]", b"[", b'[{"version":"2.6.5"}', b"\xff\xfe", b"7"])
def test_damaged_bytes_are_given_back_whole(damaged: bytes) -> None:
    assert split(damaged) == [damaged]


def test_bytes_that_are_no_text_are_cut_where_a_field_begins() -> None:
    cut = list(members(b'\xff{"version":"\xff","platform":1}'))
    assert [(member.offset, member.text, member.field) for member in cut] == [
        (0, '\ufffd{"version":"\ufffd",', "version"),
        (16, '"platform":1}', "platform"),
    ]
    assert list(members(b"no field at all")) == [(0, "no field at all", "")]


def test_each_byte_of_a_damaged_body_is_one_character_so_that_offsets_are_places() -> None:
    first, second = members('{"version":"\u20ac","platform":1}'.encode())
    assert first.text == '{"version":"' + 3 * "\ufffd" + '",'
    assert second.offset == len(first.text)


def test_a_report_of_another_session_on_another_day_is_nothing_new_by_that_alone() -> None:
    later = sealed(OTHER_ID, moment=NOW + timedelta(days=1))
    differences = compare(sealed().body, later.body)
    assert {each.field.name for each in differences if each.change is Change.CHANGED} == {"session_id", "timestamp"}
    assert differ(differences) == ()


def test_what_became_of_a_field_is_one_of_four_words() -> None:
    assert list(Change) == ["added", "removed", "changed", "same"]
