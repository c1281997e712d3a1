"""What identifying bits mean, in plain words."""

import pytest

from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording.numbers import identifying


@pytest.mark.parametrize(
    ("bits", "told"),
    [
        (0.0, "Says nothing about whose report it is."),
        (0.6, "0.6 identifying bits: most reports have the same value."),
        (1.0, "1.0 identifying bits: typically 1 report in 2 has the same value."),
        (2.3, "2.3 identifying bits: typically 1 report in 5 has the same value."),
        (7.4, "7.4 identifying bits: typically 1 report in 170 has the same value."),
        (16.6, "16.6 identifying bits: typically 1 report in 99,000 has the same value."),
    ],
)
def test_bits_are_told_as_how_rare_a_value_is(bits: float, told: str) -> None:
    assert identifying(bits) == told


def test_no_field_that_identifies_is_said_to_say_nothing() -> None:
    assert all(("Says nothing" in identifying(field.bits)) is (field.bits == 0) for field in FIELDS)
