"""How much reports tell about whose they are, computed over the values that are really sent.

`python -m support.renew fields`, in `tests/`, builds the reports of the assumed `population` and writes the figures
into the field table (`bits`) and below; a test fails where they differ.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from shimmy_metrics.report.build import Report, build
from shimmy_metrics.report.fields import FIELDS

REPORTS: Final = 100_000
"""How many reports are simulated, each from another machine. No figure below can exceed their `log2`, 16.6 bits."""

MACHINE: Final = ("memory_gb", "cpu_cores")
COUNTERS: Final = ("session_duration_minutes", "requests_per_session", "total_tokens_generated", "errors_count")
STABLE: Final = (
    "version",
    "platform",
    "integration_type",
    "hardware_tier",
    "region_indicator",
    "gpu_detected",
    "gpu_vendor",
)
"""What tends to stay the same from one of a machine's reports to the next."""

_ALL: Final = tuple(field.name for field in FIELDS)


class Together(NamedTuple):
    """Fields taken together: their identifying bits, and how many of 1,000 reports are unique in them."""

    what: str
    fields: tuple[str, ...]
    bits: float
    unique: int


TOGETHER: Final[tuple[Together, ...]] = (
    Together("all fields, in a month's first report", _ALL, 16.6, 1000),
    Together("all fields, in its other reports", tuple(name for name in _ALL if name not in MACHINE), 16.6, 999),
    Together("the four counters: minutes, requests, tokens, errors", COUNTERS, 15.3, 632),
    Together("what stays the same, in a month's first report", (*STABLE, *MACHINE), 13.0, 88),
    Together("what stays the same, in its other reports", STABLE, 10.9, 13),
)


def entropy(values: Iterable[Hashable]) -> float:
    """Return the Shannon entropy of the values in bits: what one value tells, on average, about whose it is."""
    counts = Counter(values)
    total = counts.total()
    return sum(count / total * math.log2(total / count) for count in counts.values())


def unique(values: Iterable[Hashable]) -> int:
    """Return how many of a thousand values are unique."""
    counts = Counter(values)
    return round(1000 * sum(count == 1 for count in counts.values()) / counts.total())


def column(reports: Sequence[Report], names: Sequence[str]) -> list[Hashable]:
    """Return each report's values of the named fields."""
    return [str([_value(report, name) for name in names]) for report in reports]


def simulated(size: int = REPORTS) -> list[Report]:
    """Return the reports of the assumed population."""
    from shimmy_metrics.report.population import population  # the README's table is made without it

    return [build(measured) for measured in population(size)]


def _value(report: Report, name: str) -> object:
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    return metrics[name] if name in metrics else report[name]
