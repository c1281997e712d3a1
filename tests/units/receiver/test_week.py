"""A week's aggregates: no group of fewer than k is told apart, and nothing lets it be computed."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver.columns import PLACE, bucket, bucket_text, values_of
from shimmy_metrics.receiver.week import (
    ENOUGH,
    NOT_MEASURED,
    OTHER_CELLS,
    Arrived,
    Table,
    Week,
    aggregate,
    holds_first_of_month,
    name_of,
)
from shimmy_metrics.receiver.week_report import csv_text, json_text, lines
from shimmy_metrics.report.coarsen import two_digits
from support.stored import MONDAY, report


def arrived(number: int, day: date = MONDAY, *, late: bool = False, **metrics: object) -> list[Arrived]:
    values = values_of(report("", day, **({"daily_active_usage": True} | metrics)))
    return [(day, late, values)] * number


def table(week: Week, field: str) -> Table:
    return next(each for each in week.tables if each.field == field)


def cells(week: Week, field: str) -> dict[str, tuple[int, int]]:
    return {cell.label: (cell.percent, cell.reports) for cell in table(week, field).cells}


def test_small_groups_are_put_together_and_the_smallest_large_one_with_them_where_they_are_too_few() -> None:
    some = [
        *arrived(900, platform="linux-x64"),
        *arrived(60, platform="macos-arm64"),
        *arrived(30, platform="windows-x64"),
        *arrived(15, platform="linux-arm64"),
        *arrived(4, platform="macos-x64"),
    ]
    # 15 and 4 are 19 together: one too few, so the 30 are with them.
    assert cells(aggregate(some, MONDAY, 20), "platform") == {
        "linux-x64": (89, 900),
        "macos-arm64": (6, 60),
        OTHER_CELLS: (5, 49),
    }
    with_one_more = [*some, *arrived(1, platform="windows-arm64")]
    assert cells(aggregate(with_one_more, MONDAY, 20), "platform")["windows-x64"] == (3, 30)


def test_k_is_asked_of_the_best_single_day() -> None:
    one_machine = [each for day in range(7) for each in arrived(10, MONDAY + timedelta(day), version="0.9.9")]
    some = [*arrived(1_000, version="2.6.5"), *one_machine, *arrived(20, version="2.6.4")]
    told = cells(aggregate(some, MONDAY, 20), "version")
    assert "0.9.9" not in told
    assert sum(percent for percent, _ in told.values()) in range(99, 102)


def test_with_nothing_to_hide_behind_a_table_is_left_out() -> None:
    some = arrived(999, version="2.6.5") + arrived(19, version="2.6.4")
    # The one large group would have to hide the small one: nothing would be told apart.
    assert cells(aggregate(some, MONDAY, 20), "version") == {OTHER_CELLS: (100, 1_000)}


def test_too_few_reports_tell_a_rounded_total_alone() -> None:
    few = arrived(999)
    told = aggregate(few, MONDAY, 20)
    assert (told.reports, told.active, told.tables) == (1_000, 0, ())
    assert aggregate([*few, *arrived(1)], MONDAY, 20).tables
    assert aggregate(arrived(150), MONDAY, 3).tables
    assert not aggregate(arrived(149), MONDAY, 3).tables


def test_late_and_idle_reports_count_in_the_total_alone() -> None:
    some = [*arrived(1_000), *arrived(500, late=True), *arrived(700, daily_active_usage=False, version="9.9.9")]
    told = aggregate(some, MONDAY, 20)
    assert (told.reports, told.active) == (2_200, 1_000)
    assert "9.9.9" not in cells(told, "version")


def test_the_machine_s_figures_are_told_for_the_week_in_which_a_month_begins() -> None:
    some = [*arrived(600, memory_gb=32, cpu_cores=8), *arrived(600, memory_gb=None, cpu_cores=None)]
    assert not holds_first_of_month(MONDAY - timedelta(days=7))
    assert holds_first_of_month(date(2026, 11, 30))
    assert "memory_gb" not in {each.field for each in aggregate(some, date(2026, 11, 16), 20).tables}
    # Among the reports that have them.
    assert cells(aggregate(some, date(2026, 11, 30), 20), "memory_gb") == {"32": (100, 600)}


def test_routes_are_counted_one_by_one_and_figures_by_powers_of_two_with_their_median() -> None:
    chat, models = "/v1/chat/completions", "/v1/models"
    some = [
        *arrived(600, api_endpoints_used=[chat, models], avg_response_time_ms=1_000),
        *arrived(400, api_endpoints_used=[chat], avg_response_time_ms=None),
        *arrived(100, api_endpoints_used=[], avg_response_time_ms=90),
    ]
    told = aggregate(some, MONDAY, 20)
    assert cells(told, "api_endpoints_used") == {chat: (91, 1_000), models: (55, 600), "none": (9, 100)}
    assert cells(told, "avg_response_time_ms") == {
        NOT_MEASURED: (36, 400),
        "64-127": (9, 100),
        "512-1,023": (55, 600),
    }
    assert table(told, "avg_response_time_ms").median == "512-1,023"


@given(st.integers(0, 10**12))
def test_a_count_is_in_the_bucket_that_names_it(count: int) -> None:
    first, _, last = bucket_text(bucket(count) or 0).replace(",", "").partition("-")
    assert int(first) <= count <= int(last or first)


PLATFORMS = ("linux-x64", "linux-arm64", "macos-arm64", "windows-x64", "other-other")


@st.composite
def weeks(draw: st.DrawFn) -> tuple[int, list[Arrived]]:
    k = draw(st.sampled_from([2, 3, 20]))
    sizes = draw(st.lists(st.tuples(st.sampled_from(PLATFORMS), st.integers(0, 6), st.integers(1, 3 * k)), max_size=20))
    some = [each for platform, day, size in sizes for each in arrived(size, MONDAY + timedelta(day), platform=platform)]
    return k, [*some, *arrived(ENOUGH * k, platform=draw(st.sampled_from(PLATFORMS)))]


@given(weeks())
def test_no_group_below_k_is_told_apart_and_none_can_be_computed(drawn: tuple[int, list[Arrived]]) -> None:
    k, some = drawn
    told = aggregate(some, MONDAY, k)
    shown = cells(told, "platform")
    place = PLACE["platform"]

    def best_day(platforms: set[str]) -> int:
        days = [sum(values[place] in platforms and day == MONDAY + timedelta(each) for day, _, values in some)
                for each in range(7)]  # fmt: skip
        return max(days)

    named = set(shown) - {OTHER_CELLS}
    assert all(best_day({platform}) >= k for platform in named)
    hidden = {str(values[place]) for _, _, values in some} - named
    assert (OTHER_CELLS in shown) == bool(hidden)
    assert not hidden or best_day(hidden) >= k
    assert all(reports == two_digits(reports) for _, reports in shown.values())
    assert told.reports == two_digits(told.reports)
    assert told.active == two_digits(told.active)


def week_of_use() -> Iterator[Arrived]:
    draw = random.Random(20261128)
    for _ in range(1_500):
        yield from arrived(
            1,
            MONDAY + timedelta(draw.randrange(7)),
            platform=draw.choice(PLATFORMS[:4]),
            avg_response_time_ms=two_digits(int(draw.lognormvariate(6, 1))),
        )


def test_a_week_is_told_in_lines_of_80_columns_in_json_and_in_csv() -> None:
    told = aggregate(week_of_use(), MONDAY, 20)
    text = list(lines(told))
    assert text[0] == "2026-W48: reports, in two digits: 1,500"
    assert max(map(len, text)) <= 80
    assert f"  {'linux-x64'}" in "\n".join(text)
    parsed = json.loads(json_text(told))
    assert parsed["tables"]["platform"]["cells"][0].keys() == {"label", "percent", "reports"}
    rows = csv_text(told).splitlines()
    assert rows[0] == "week,field,group,percent,reports"
    assert len(rows) == 2 + sum(len(each.cells) for each in told.tables)


@pytest.mark.parametrize(("day", "name"), [(date(2026, 12, 28), "2026-W53"), (date(2027, 1, 4), "2027-W01")])
def test_weeks_have_their_iso_names(day: date, name: str) -> None:
    assert name_of(day) == name
