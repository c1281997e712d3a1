"""One session before the fields coarsen it. Nothing is sent in this form."""

from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts

NO_VERSION: Final = "the server told none"
NO_ZONE: Final = "no time zone"
"""What stands as measured where there was nothing to measure."""


class Measured(NamedTuple):
    """One session as it was measured, with what the store and the consent contribute to its report.

    `sealed` is UTC. `version` is the server's own answer. `client_hint` is the environment's word for the program
    around the server, or None. `first_of_day`: no report of that UTC day or a later one counted as active use.
    `first_of_month`: no report of that month or a later one held the machine's figures.
    """

    session_id: str
    sealed: datetime
    version: str
    schema_version: int
    counters: Counters
    facts: Facts
    client_hint: str | None
    first_of_day: bool
    first_of_month: bool

    @property
    def minutes(self) -> int:
        """Whole minutes the session was measured."""
        return self.counters.uptime_s // 60


def is_later(last: str, now: str) -> bool:
    """Return whether `now` is later than `last`, the day or month for which this was last reported.

    Both are ISO 8601 texts of the same length (`2026-11-23`, `2026-11`); `last` is empty where it was never reported.
    A clock that goes back therefore reports nothing twice.
    """
    return now > last
