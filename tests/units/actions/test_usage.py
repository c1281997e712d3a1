"""The own figures by day, week and month, as values and as text."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.actions.decide import decline, only_for_me
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.usage import Period, Usage, read_usage
from shimmy_metrics.cli.arguments import parsed
from shimmy_metrics.cli.cmd_usage import as_csv, as_openmetrics, usage, usage_arguments
from shimmy_metrics.cli.command_table import COMMANDS
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.counters import DaySums
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.records import Day
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.wording.usage import AS_TOLD, KEPT_HERE, NO_FIGURES, OFF, UNDECIDED, columns, nothing, table
from support.samples import COUNTERS, FACTS, NOW, SUMMED, profile, session

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
SUMS = st.builds(DaySums, *[st.integers(0, 10**12)] * 4)
USAGES = st.dictionaries(DAYS, SUMS).map(lambda found: Usage(tuple(Day(day, found[day]) for day in sorted(found))))


@pytest.mark.parametrize(
    ("period", "day", "first"),
    [
        (Period.DAY, date(2026, 11, 28), date(2026, 11, 28)),
        (Period.WEEK, date(2026, 11, 28), date(2026, 11, 23)),
        (Period.WEEK, date(2026, 11, 23), date(2026, 11, 23)),
        (Period.WEEK, date(2027, 1, 3), date(2026, 12, 28)),
        (Period.MONTH, date(2026, 11, 28), date(2026, 11, 1)),
    ],
)
def test_a_period_begins_with_its_first_day(period: Period, day: date, first: date) -> None:
    assert period.first_day(day) == first


@given(USAGES, st.sampled_from(Period))
def test_rows_are_in_order_and_together_the_total(usage: Usage, period: Period) -> None:
    rows = usage.by(period)
    begins = [row.day for row in rows]
    assert begins == sorted(set(begins))
    assert Usage(rows).total == usage.total
    assert set(begins) == {period.first_day(each.day) for each in usage.days}


@given(USAGES, DAYS, DAYS)
def test_from_and_to_are_days_that_count(usage: Usage, first: date, last: date) -> None:
    shown = usage.between(first, last)
    assert set(shown.days) == {each for each in usage.days if first <= each.day <= last}
    around = (usage.between(date.min, first - timedelta(days=1)), usage.between(last + timedelta(days=1), date.max))
    if first <= last:
        assert sum(len(each.days) for each in (*around, shown)) == len(usage.days)


@given(USAGES.filter(lambda usage: bool(usage.days)), st.sampled_from(Period))
def test_the_table_has_a_line_for_each_row_and_its_columns_stand_below_each_other(usage: Usage, period: Period) -> None:
    lines = list(table(usage, period))
    assert lines[-2:] == [AS_TOLD, KEPT_HERE]
    rows = lines[:-2]
    assert len(rows) == len(usage.by(period)) + 2
    assert len({len(row) for row in rows}) == 1
    assert rows[-1].split() == ["in", "all", *columns(usage.total)]


@given(USAGES.filter(lambda usage: bool(usage.days)), DAYS, st.integers(1, 400))
def test_the_last_days_end_today_and_have_a_line_before_the_total(usage: Usage, today: date, number: int) -> None:
    last = usage.of_last(number, today)
    assert set(last.days) == {each for each in usage.days if 0 <= (today - each.day).days < number}
    rows = list(table(usage, Period.DAY, last.total))[:-2]
    assert rows[-2].split() == ["last", "7", "days", *columns(last.total)]


@pytest.mark.parametrize(
    "words", [["0"], ["401"], ["x"], ["-1"], ["\u0661"], ["7", "--from", "2026-01-01"], ["7", "--openmetrics"]]
)
def test_days_that_are_none_are_refused_in_one_line(words: list[str]) -> None:
    with pytest.raises(UserError) as refused:
        usage_arguments(parsed(COMMANDS["usage"], [f"--last={words[0]}", *words[1:]]))
    assert "--last" in str(refused.value)
    assert str(refused.value).isprintable()


def test_without_figures_one_line_says_why() -> None:
    assert list(table(Usage(measures=True), Period.DAY)) == [NO_FIGURES]
    assert len(list(table(Usage(), Period.DAY))) == 1
    assert list(table(Usage(undecided=True), Period.DAY)) == [f"{UNDECIDED}shimmy tui."]


def test_before_any_decision_it_is_said_that_nothing_was_decided(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    assert nothing(read_usage(mine)) == nothing(overview(mine, FACTS).usage) == f"{UNDECIDED}shimmy tui."
    decline(mine)
    assert nothing(read_usage(mine)) == nothing(overview(mine, FACTS).usage) == OFF


def test_the_forms_for_programs_to_the_byte() -> None:
    usage = Usage((Day(date(2026, 11, 27), DaySums(3, 1, 70, 50)), Day(date(2026, 11, 28), DaySums(1))))
    assert as_csv(usage, Period.MONTH) == "from,requests,errors,tokens,tokens_in\n2026-11-01,4,1,70,50\n"
    assert as_openmetrics(usage, date(2026, 1, 1)).splitlines()[:3] == [
        "# HELP shimmy_usage_requests Requests counted, since 2026-01-01 (local time).",
        "# TYPE shimmy_usage_requests counter",
        "shimmy_usage_requests_total 4",
    ]


@pytest.mark.parametrize(
    ("words", "total"),
    [([], 2), (["--from", "2025-12-31"], 3), (["--from", "2026-02-01"], 0)],
)
def test_the_counters_begin_with_the_year_unless_another_day_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], total: int
) -> None:
    mine = profile(tmp_path)
    only_for_me(mine)
    counted = {"2025-12-31": DaySums(1), "2026-01-01": DaySums(2)}
    with opened(mine) as db:
        sessions.begin(db, session(local=True)._replace(counters=COUNTERS._replace(days=counted)))
    assert usage(mine, usage_arguments(parsed(COMMANDS["usage"], [*words, "--openmetrics"]))) == Exit.DONE
    assert f"shimmy_usage_requests_total {total}\n" in capsys.readouterr().out


def test_the_overview_has_them_and_the_plain_report_their_sum(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    only_for_me(mine)
    assert overview(mine, FACTS).usage == Usage(measures=True)
    with opened(mine) as db:
        sessions.begin(db, session(local=True)._replace(counters=SUMMED))
    shown = overview(mine, FACTS)
    assert shown.usage == read_usage(mine)
    assert {day.isoformat(): sums for day, sums in shown.days} == SUMMED.days
    figures = "47 requests, 2 errors, 8,250 tokens: 2,350 generated, 5,900 of prompts."
    assert f"Counted for you since 2026-11-22: {figures}" in list(plain_report(shown, NOW))


@given(st.text(max_size=12))
def test_a_text_is_a_day_or_refused_in_one_line(text: str) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        with pytest.raises(UserError) as refused:
            usage_arguments({"by": None, "from": text, "to": None, "last": None})
        assert str(refused.value).isprintable()
    else:
        assert usage_arguments({"by": None, "from": text, "to": None, "last": None}).first == day
