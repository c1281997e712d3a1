"""A week's aggregate: of whom it tells, when, and what is printed of it."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver.columns import COLUMNS, PLACE, bucket, bucket_text
from shimmy_metrics.receiver.small_groups import OTHER, Group, rounded
from shimmy_metrics.receiver.week import (
    NONE,
    Row,
    Table,
    Week,
    aggregated,
    as_json,
    closes,
    from_json,
    median,
    week_name,
    week_named,
    week_of,
)
from shimmy_metrics.receiver.week_report import csv_text, json_text, label, lines, median_text, percent
from shimmy_metrics.report.fields.metrics import METRICS, MONTHLY
from support import week_of_use
from support.renew import RENEW
from support.stored import MONDAY
from support.week_of_use import OVER, aggregate, arrived


def table(week: Week, field: str) -> Table:
    return next(each for each in week.tables if each.field == field)


def groups(week: Week, field: str) -> dict[str, int]:
    return {label(field, each): each.reports for each in table(week, field).groups}


def test_shares_are_among_first_reports_of_a_day_that_were_in_time() -> None:
    some = [
        *arrived(1_000),
        *arrived(500, late=True, version="8.8.8"),
        *arrived(700, daily_active_usage=False, version="9.9.9"),
    ]
    week = aggregated(MONDAY, some, 2_345, 20)
    assert (week.received, week.flagged) == (2_300, 1_000)
    assert groups(week, "version") == {"2.6.5": 1_000}
    assert table(week, "version").reports == 1_000


@pytest.mark.parametrize(("k", "enough"), [(20, 1_000), (3, 150), (1, 50)])
def test_below_fifty_times_k_a_rounded_number_is_told_alone(k: int, enough: int) -> None:
    few = aggregate(arrived(enough - 1), k)
    assert (few.received, few.flagged, few.tables) == (rounded(enough - 1, k), 0, ())
    assert json.loads(json_text(few, OVER)) == {
        "week": "2026-W48", "closed": True, "k": k, "received": few.received, "flagged": None, "enough": False,
        "tables": {},
    }  # fmt: skip
    assert [line for line in lines(few, OVER) if "Not enough data" in line]
    assert aggregate(arrived(enough), k).tables


def test_every_field_has_a_table_but_those_that_say_which_report_it_is() -> None:
    week = aggregate(arrived(1_000), monday=date(2026, 11, 30))
    without = {"session_id", "timestamp", "daily_active_usage"}
    assert {each.field for each in week.tables} == {column.field.name for column in COLUMNS} - without


def test_the_machine_s_figures_are_told_for_the_week_in_which_a_month_begins_of_those_that_have_them() -> None:
    some = [*arrived(600, memory_gb=32, cpu_cores=8), *arrived(600, memory_gb=None, cpu_cores=None)]
    assert {"memory_gb", "cpu_cores"}.isdisjoint(each.field for each in aggregate(some).tables)
    first = [(date(2026, 12, 1), late, values) for _, late, values in some]
    week = aggregate(first, monday=date(2026, 11, 30))
    assert table(week, "memory_gb") == Table("memory_gb", 600, (Group(32, 600, 600),))


def test_the_table_of_fields_says_once_which_figures_are_monthly() -> None:
    assert {field.name for field in METRICS if field.monthly} == {
        field.name for field in METRICS if MONTHLY in field.coarsening
    }


def test_routes_are_counted_one_by_one_and_figures_by_powers_of_two() -> None:
    chat, models = "/v1/chat/completions", "/v1/models"
    some = [
        *arrived(600, api_endpoints_used=[chat, models], avg_response_time_ms=1_000),
        *arrived(400, api_endpoints_used=[chat], avg_response_time_ms=None),
        *arrived(100, api_endpoints_used=[], avg_response_time_ms=90),
    ]
    week = aggregate(some)
    assert groups(week, "api_endpoints_used") == {chat: 1_000, models: 600, NONE: 100}
    assert [percent(table(week, "api_endpoints_used"), each) for each in table(week, "api_endpoints_used").groups] == [
        91, 55, 9,
    ]  # fmt: skip
    assert list(groups(week, "avg_response_time_ms").items()) == [("64-127", 100), ("512-1,023", 600), (NONE, 400)]
    assert median_text(table(week, "avg_response_time_ms")) == "512-1,023"


@pytest.mark.parametrize(
    ("some", "found"),
    [
        ([Group(3, 10, 10), Group(4, 11, 11)], (4, 4)),
        ([Group(3, 11, 11), Group(4, 10, 10)], (3, 3)),
        ([Group(3, 50, 9), Group(4, 45, 9), Group(OTHER, 20, 9)], (3, 4)),
        ([Group(3, 50, 9), Group(4, 20, 9), Group(OTHER, 10, 9)], (3, 3)),
        ([Group(3, 10, 9), Group(OTHER, 20, 9)], None),
        ([Group(NONE, 10, 9)], None),
        ([], None),
    ],
)
def test_the_median_is_told_as_far_as_what_is_folded_leaves_it_open(
    some: list[Group], found: tuple[int, int] | None
) -> None:
    assert median(some) == found


@given(
    st.dictionaries(st.integers(0, 12), st.integers(1, 50), min_size=1),
    st.dictionaries(st.integers(-1, 13), st.integers(1, 20), max_size=4),
)
def test_wherever_the_folded_ones_lie_the_median_is_where_it_is_told(
    named: dict[int, int], hidden: dict[int, int]
) -> None:
    some = [Group(number, reports, reports) for number, reports in named.items()]
    if hidden:
        some.append(Group(OTHER, sum(hidden.values()), 20))
    found = median(some)
    if found is None:
        return
    each = sorted([number for kind in (named, hidden) for number, reports in kind.items() for _ in range(reports)])
    assert found[0] <= each[(len(each) - 1) // 2] <= found[1]


def test_a_field_is_told_of_the_reports_that_know_it() -> None:
    values = list(arrived(1)[0][2])
    values[PLACE["schema_version"]] = 0  # of before every field
    older: list[Row] = [(MONDAY, False, tuple(values))] * 500
    assert table(aggregate([*older, *arrived(1_000)]), "platform").reports == 1_000


@given(st.integers(0, 10**12))
def test_a_count_is_in_the_bucket_that_names_it(count: int) -> None:
    first, _, last = bucket_text(bucket(count) or 0).replace(",", "").partition("-")
    assert int(first) <= count <= int(last or first)


def test_a_week_is_told_in_lines_of_80_columns() -> None:
    text = week_of_use.text()
    assert text == week_of_use.LINES.read_text(encoding="utf-8"), RENEW
    assert max(map(len, text.splitlines())) <= 80
    longest = aggregate(arrived(1_000, total_tokens_generated=10**12))
    assert any("549,755,813,888-1,099,511,627,775" in line for line in lines(longest, OVER))
    assert max(map(len, lines(longest, OVER))) <= 80


def test_before_it_closes_a_week_says_so() -> None:
    week = aggregate(arrived(1_000))
    said = "Not closed: reports for it count until 2026-11-30. Publish nothing of it yet."
    assert said in lines(week, closes(MONDAY))
    assert said not in lines(week, OVER)
    assert json.loads(json_text(week, closes(MONDAY)))["closed"] is False


def test_json_and_csv_tell_what_the_lines_tell_and_nothing_exact() -> None:
    rows = list(week_of_use.rows())
    week = aggregate(rows)
    parsed = json.loads(json_text(week, OVER))
    platforms = parsed["tables"]["platform"]["groups"]
    assert [each.keys() for each in platforms] == [{"value", "percent"}] * len(platforms)
    written = list(csv.DictReader(io.StringIO(csv_text(week))))
    assert {(each["value"], int(each["percent"])) for each in written if each["field"] == "platform"} == {
        (each["value"], each["percent"]) for each in platforms
    }
    for text in (json_text(week, OVER), csv_text(week), "\n".join(lines(week, OVER))):
        assert "1523" not in text.replace(",", "")
        assert str(table(week, "platform").groups[0].reports) not in text


def test_what_is_kept_of_a_week_is_read_as_it_was() -> None:
    week = aggregate(list(week_of_use.rows()))
    assert from_json(json.loads(json.dumps(as_json(week)))) == week


@pytest.mark.parametrize(("day", "name"), [(date(2026, 12, 28), "2026-W53"), (date(2027, 1, 4), "2027-W01")])
def test_weeks_have_their_iso_names(day: date, name: str) -> None:
    assert week_name(day) == name
    assert week_named(name) == day
    assert week_of(day + timedelta(days=6)) == day


@pytest.mark.parametrize("name", ["2026-W54", "2026-48", "W48", "2026-W", "2026-W0", "2026-W4²", ""])
def test_what_names_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the name is all that it is told of
        week_named(name)
