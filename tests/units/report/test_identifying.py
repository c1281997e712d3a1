"""Identifying bits: of the values that really leave, over the population that is written down."""

import math
import subprocess
import sys

import pytest

from shimmy_metrics.report import identifying
from shimmy_metrics.report.build import Report, build
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.identifying import REPORTS, TOGETHER, column, entropy, simulated, unique
from shimmy_metrics.report.population import MACHINES, population
from shimmy_metrics.report.seal import seal
from shimmy_metrics.report.validate import validate_body
from support.field_figures import BITS_TOLERANCE, UNIQUE_TOLERANCE
from support.renew import RENEW


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    return simulated()


@pytest.mark.thorough
def test_the_bits_of_each_field_are_the_entropy_of_what_leaves(reports: list[Report]) -> None:
    computed = {field.name: entropy(column(reports, (field.name,))) for field in FIELDS}
    assert {field.name: field.bits for field in FIELDS} == pytest.approx(computed, abs=BITS_TOLERANCE), RENEW


@pytest.mark.thorough
@pytest.mark.parametrize("together", TOGETHER, ids=lambda each: each.what)
def test_what_fields_tell_together_is_computed(reports: list[Report], together: identifying.Together) -> None:
    said = column(reports, together.fields)
    assert together.bits == pytest.approx(entropy(said), abs=BITS_TOLERANCE), RENEW
    assert together.unique == pytest.approx(unique(said), abs=UNIQUE_TOLERANCE), RENEW


def test_what_is_said_to_stay_the_same_is_no_counter_and_no_time() -> None:
    stable = {*identifying.STABLE, *identifying.MACHINE}
    names = {field.name for field in FIELDS}
    assert stable < names
    assert names > {*identifying.COUNTERS}
    assert not stable & {*identifying.COUNTERS, "session_id", "timestamp"}


def test_what_is_taken_together_is_what_its_row_names() -> None:
    monthly = {field.name for field in FIELDS if field.monthly}
    every = {field.name for field in FIELDS}
    first, other, counters, stable_first, stable_other = (set(each.fields) for each in TOGETHER)
    assert {*identifying.MACHINE} == monthly
    assert (first, other) == (every, every - monthly)
    assert counters == {*identifying.COUNTERS}
    assert (stable_first, stable_other) == ({*identifying.STABLE} | monthly, {*identifying.STABLE})


@pytest.mark.thorough
def test_the_simulated_reports_are_ones_that_could_leave_and_differ_widely(reports: list[Report]) -> None:
    assert len(reports) == REPORTS
    assert all(validate_body(seal(report).body) == [] for report in reports[:: REPORTS // 10_000])
    # A kind of machine that nobody has, or a field that always says one thing, would be a mistake in the guesses.
    constant = {field.name for field in FIELDS if len(set(column(reports[:2_000], (field.name,)))) == 1}
    assert constant == {"session_id", "timestamp", "schema_version"}
    assert sum(share for share, _ in MACHINES) == 100


def test_the_population_is_the_same_each_time_and_another_one_for_another_seed() -> None:
    first, again, other = (list(population(50, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert [build(measured) for measured in first] == simulated(50)


def test_entropy_is_shannon_s() -> None:
    assert entropy("aaaa") == 0
    assert entropy("ab") == 1
    assert entropy(range(1024)) == 10
    assert entropy("aab") == pytest.approx(math.log2(3) - 2 / 3)


def test_unique_counts_what_no_other_equals() -> None:
    assert unique("aab") == 333
    assert unique("abc") == 1000
    assert unique("aabb") == 0


def test_a_column_holds_what_each_report_says() -> None:
    (one, *_) = (build(measured) for measured in population(1))
    assert isinstance(one["metrics"], dict)
    told = column([one], ("version", "cpu_cores"))
    assert told == [str([one["version"], one["metrics"]["cpu_cores"]])]


@pytest.mark.thorough
def test_the_coarsening_is_what_keeps_counters_apart_from_their_owners() -> None:
    """Exact counters would be one of a kind nearly always."""
    measured = list(population(20_000))
    exact = [(each.counters.requests, each.counters.tokens, each.minutes) for each in measured]
    sent = column([build(each) for each in measured], identifying.COUNTERS)
    assert unique(sent) < unique(exact) - 50


def test_neither_the_app_nor_the_readme_s_table_loads_the_population() -> None:
    code = (
        "import sys, shimmy_metrics.report.readme_table, shimmy_metrics.app.ui.explanation\n"
        "import shimmy_metrics.cli.plain_report\n"
        "sys.exit('shimmy_metrics.report.population' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
