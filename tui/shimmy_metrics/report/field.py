"""What is known of one field of a report."""

from collections.abc import Callable
from typing import NamedTuple

from shimmy_metrics.report.kinds import Kind, Value
from shimmy_metrics.report.measured import Measured


class Field(NamedTuple):
    """One field: its place, its values, and why it is there.

    `section` is empty for the report's own members and `metrics` for the rest. `meaning`, `source`, `coarsening` and
    `purpose` are what a person reads: what it is, where it comes from, what it is reduced to, why it is asked for.
    `bits` is how much a report's value tells about whose it is, on average over `population`'s reports (at least 0).
    `value` gives what leaves, `measured` what was measured, as text for the person's own screen.
    """

    name: str
    section: str
    kind: Kind
    meaning: str
    source: str
    coarsening: str
    purpose: str
    bits: float
    value: Callable[[Measured], Value]
    measured: Callable[[Measured], str]
    since: int = 1

    @property
    def path(self) -> str:
        """The name as `validate` gives it: `metrics.gpu_vendor`."""
        return f"{self.section}.{self.name}" if self.section else self.name
