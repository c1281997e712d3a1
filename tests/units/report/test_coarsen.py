"""What is taken away before anything leaves."""

import math
import sys
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.limits import CORES_MAX, MEMORY_GB_MAX, ROUTES_NAMED
from shimmy_metrics.report import coarsen
from shimmy_metrics.vocabulary import OTHER, ROUTES

numbers = st.integers(0, 10**12)


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15), st.integers(0, 10**12))
def test_clamping_bounds_keeps_the_order_and_changes_nothing_twice(one: int, other: int, top: int) -> None:
    low, high = (coarsen.clamp(value, top) for value in sorted((one, other)))
    assert 0 <= low <= high <= top
    assert coarsen.clamp(low, top) == low


@given(numbers)
def test_two_digits_stay_and_the_rest_is_zero(value: int) -> None:
    rounded = coarsen.two_digits(value)
    assert len(str(rounded).rstrip("0")) <= 2
    assert coarsen.two_digits(rounded) == rounded
    assert abs(rounded - value) * 20 <= max(value, 1)


@given(numbers, numbers)
def test_rounding_keeps_the_order(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert coarsen.two_digits(low) <= coarsen.two_digits(high)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (99, 99), (1247, 1200), (1250, 1300), (996, 1000), (105, 110)])
def test_halves_round_upwards(value: int, expected: int) -> None:
    assert coarsen.two_digits(value) == expected


@given(st.integers(-(10**6), 10**15), st.sampled_from([64, 520_000, 3_600_000, 10**9]))
def test_a_rounded_figure_stays_within_its_bound_and_changes_nothing_twice(value: int, top: int) -> None:
    rounded = coarsen.rounded(value, top)
    assert 0 <= rounded <= top
    assert coarsen.rounded(rounded, top) == rounded
    assert rounded == coarsen.two_digits(rounded)
    assert not 0 <= value <= top or abs(rounded - value) * 20 <= max(value, 1)


@given(st.floats(0, 10**6, allow_nan=False))
def test_memory_is_the_nearest_power_of_two(gigabytes: float) -> None:
    power = coarsen.power_of_two_nearest(gigabytes)
    assert power & (power - 1) == 0
    assert 1 <= power <= MEMORY_GB_MAX
    if 1 < power < MEMORY_GB_MAX:
        assert abs(math.log2(gigabytes) - math.log2(power)) <= 0.5000001


@given(st.floats(0, 10**6, allow_nan=False), st.floats(0, 10**6, allow_nan=False))
def test_memory_keeps_the_order_and_changes_nothing_twice(one: float, other: float) -> None:
    low, high = (coarsen.power_of_two_nearest(value) for value in sorted((one, other)))
    assert low <= high
    assert coarsen.power_of_two_nearest(low) == low


@pytest.mark.parametrize(
    ("gigabytes", "expected"),
    [(0.4, 1), (1.4, 1), (1.42, 2), (7.6, 8), (15.4, 16), (23.5, 32), (31.2, 32), (62.7, 64), (4_096, 1_024)],
)
def test_what_firmware_keeps_does_not_show(gigabytes: float, expected: int) -> None:
    assert coarsen.power_of_two_nearest(gigabytes) == expected


@given(st.integers(-5, 10**6), st.integers(-5, 10**6))
def test_cores_keep_the_order_and_change_nothing_twice(one: int, other: int) -> None:
    low, high = (coarsen.power_of_two_down(value) for value in sorted((one, other)))
    assert low <= high
    assert coarsen.power_of_two_down(low) == low


@given(st.integers(-5, 10**6))
def test_cores_round_down(cores: int) -> None:
    power = coarsen.power_of_two_down(cores)
    assert power & (power - 1) == 0
    assert 1 <= power <= CORES_MAX
    assert power <= max(cores, 1)
    assert power * 2 > min(cores, CORES_MAX)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2.6.5", "2.6.5"),
        ("v2.6.5", "2.6.5"),
        ("2.6.5-rc1", "2.6.5"),
        ("2.6.5+build.somebody", "2.6.5"),
        ("02.006.5", "2.6.5"),
        ("2.6", "unknown"),
        ("999.999.999", "999.999.999"),
        (" 2.6.5\n", "2.6.5"),
        ("2.6.1000", "unknown"),
        ("", "unknown"),
        ("llama-3.1.8", "unknown"),
        ("2.6.5 on somebody's machine", "unknown"),
        ("\u0662.6.5", "unknown"),
    ],
)
def test_a_version_is_three_numbers_or_unknown(raw: str, expected: str) -> None:
    assert coarsen.version_text(raw) == expected


@given(st.text(max_size=30))
def test_no_text_gets_through_as_a_version(raw: str) -> None:
    assert set(coarsen.version_text(raw)) <= set("0123456789.") or coarsen.version_text(raw) == "unknown"


@given(st.text(max_size=30))
def test_a_version_that_got_through_stays(raw: str) -> None:
    assert coarsen.version_text(coarsen.version_text(raw)) == coarsen.version_text(raw)


@given(st.dictionaries(st.sampled_from([*ROUTES, OTHER, "/somebody/s/path"]), st.integers(1, 9)))
def test_the_most_used_routes_are_named_and_the_rest_is_other(counts: dict[str, int]) -> None:
    named = coarsen.routes(counts)
    assert named == sorted(named)
    assert set(named) <= {*ROUTES, OTHER}
    assert len([name for name in named if name != OTHER]) <= ROUTES_NAMED
    assert bool(named) is bool(counts)
    left_out = {name for name in counts if name in ROUTES} - set(named)
    kept = [counts[name] for name in named if name != OTHER]
    assert not left_out or max(counts[name] for name in left_out) <= min(kept)


@pytest.mark.parametrize(
    ("counts", "environment", "expected"),
    [
        ({}, None, "api"),
        ({}, "vscode", "vscode"),
        ({}, "somebody's editor", "api"),
        ({"curl": 3, "zed": 1}, "zed", "curl"),
        ({"curl": 3, "zed": 3}, "zed", "zed"),
        ({"curl": 3, "zed": 3}, None, "curl"),
        ({"somebody's tool": 9, "curl": 1}, None, "curl"),
        ({"curl": 0}, None, "api"),
        ({"curl": 0}, "zed", "zed"),
    ],
)
def test_the_client_with_most_requests_wins(counts: dict[str, int], environment: str | None, expected: str) -> None:
    assert coarsen.client_word(counts, environment) == expected


@pytest.mark.parametrize(
    ("requests", "minutes", "expected"),
    [(0, 0, "evaluation"), (100, 60, "evaluation"), (101, 0, "development"), (0, 61, "development"),
     (1000, 480, "development"), (1001, 0, "production"), (0, 481, "production")],
)  # fmt: skip
def test_deployment_is_told_by_use(requests: int, minutes: int, expected: str) -> None:
    assert coarsen.deployment_type(requests, minutes) == expected


@pytest.mark.parametrize(
    ("gigabytes", "card", "expected"),
    [(None, False, "consumer"), (32, True, "consumer"), (33, True, "workstation"), (65, False, "server"),
     (64, False, "consumer"), (128, True, "workstation")],
)  # fmt: skip
def test_the_class_of_machine_is_one_of_three(gigabytes: int | None, card: bool, expected: str) -> None:
    memory = None if gigabytes is None else gigabytes * 2**30
    assert coarsen.hardware_tier(memory, gpu_detected=card) == expected


def test_a_time_is_cut_to_its_utc_day() -> None:
    assert coarsen.utc_day(datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)) == "2026-11-23T00:00:00Z"


def test_the_day_is_utc_whatever_zone_the_time_came_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert coarsen.utc_day(datetime(2026, 11, 24, 8, 59, tzinfo=tokyo)) == "2026-11-23T00:00:00Z"


def test_the_day_is_utc_whatever_zone_the_machine_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "JST-9")
    if sys.platform != "win32":
        time.tzset()
    assert coarsen.utc_day(datetime(2026, 11, 23, 20, tzinfo=UTC)) == "2026-11-23T00:00:00Z"


def test_a_platform_of_another_name_is_other() -> None:
    assert coarsen.platform_word("linux", "x64") == "linux-x64"
    assert coarsen.platform_word("haiku", "riscv64") == "other-other"
