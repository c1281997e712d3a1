"""What is known of one field of a report: a row of the field table."""

from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from shimmy_metrics.report.kinds import Kind, Value
from shimmy_metrics.report.measured import Measured

METRICS_SECTION: Final = "metrics"


class Group(Enum):
    """The groups in which the screens show the fields, in this order: use first, what every report has last."""

    USE = "How much it is used"
    SPEED = "How fast it is"
    MACHINE = "The machine"
    REPORT = "The report itself"


class Field(NamedTuple):
    """One field: its place in a report and on screen, its values, and why it is there.

    `on_screen` is its group and its rank there, lowest first. `meaning`, `source`, `coarsening` and `purpose` are what
    a person reads: what it is, where it comes from, what it is reduced to, why it is asked for. `bits` is how much a
    report's value tells about whose it is, on average over `population`'s reports (at least 0; computed by
    `support.renew` in `tests/`). `since` is the schema version that brought the field (at least 1): an earlier consent
    does not cover it. `value` returns what is sent, `measured` what was measured, as text for the person's own screen.
    `section` is empty for the report's own members. `monthly`: at most once a month from one store, else null.
    `also` are other words by which people look for it.
    """

    name: str
    kind: Kind
    on_screen: tuple[Group, int]
    meaning: str
    source: str
    coarsening: str
    purpose: str
    bits: float
    since: int
    value: Callable[[Measured], Value]
    measured: Callable[[Measured], str]
    section: str = METRICS_SECTION
    monthly: bool = False
    also: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The name as `validate` gives it: `metrics.gpu_vendor`."""
        return f"{self.section}.{self.name}" if self.section else self.name
