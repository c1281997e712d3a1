"""An example of a report: a session in which nothing happened, told after what was sealed before it."""

import pytest

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.counters import Counters
from shimmy_metrics.delivery.as_sealed import ACTIVE_DAY, MACHINE_MONTH, example_report
from shimmy_metrics.report.build import build
from shimmy_metrics.report.measured import Measured
from shimmy_metrics.report.seal import seal
from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.store.database import set_meta
from support.samples import FACTS, NOW, memory_store


def test_it_is_of_this_machine_and_of_nothing_that_happened() -> None:
    example = example_report(FACTS, NOW, SCHEMA_VERSION)
    assert example == Measured(
        session_id="00000000-0000-4000-8000-000000000000",
        sealed=NOW,
        version="",
        schema_version=SCHEMA_VERSION,
        counters=Counters(),
        facts=FACTS,
        client_hint=None,
        first_of_day=True,
        first_of_month=True,
    )
    assert validate_body(seal(build(example)).body) == []


@pytest.mark.parametrize(
    ("day", "month", "first_of_day", "first_of_month"),
    [
        ("", "", True, True),
        ("2026-11-22", "2026-11", True, False),
        ("2026-11-23", "2026-11", False, False),
        ("2026-10-31", "2026-10", True, True),
        ("2026-11-23", "2026-10", False, True),
    ],
)
def test_it_tells_a_day_and_a_month_once(day: str, month: str, first_of_day: bool, first_of_month: bool) -> None:
    with memory_store() as db:
        for name, told in ((ACTIVE_DAY, day), (MACHINE_MONTH, month)):
            if told:
                set_meta(db, name, told)
        example = example_report(FACTS, NOW, SCHEMA_VERSION, db)
        assert (example.first_of_day, example.first_of_month) == (first_of_day, first_of_month)
        assert example_report(FACTS, NOW, SCHEMA_VERSION).first_of_day, "without a store nothing was told"
